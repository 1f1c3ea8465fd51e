import { Buffer } from "node:buffer";
import { unescapeBytes } from "./parameters.ts";

/** What a request's target names, seen from pveproxy. */
export type Target =
  /**
   * Below `/api2/FORMAT/`; `uri` is the rest, beginning with a slash. All one character per byte.
   */
  | { readonly kind: "api"; readonly format: string; readonly uri: string; readonly query: string }
  /** Below `/api2` but without a format: `501 no such uri`. */
  | { readonly kind: "nothing" }
  /** Anything else: the user interface and its files. */
  | { readonly kind: "page"; readonly path: string };

/**
 * Splits a request's target. The path is percent-decoded once, byte by byte, before anything else
 * looks at it (FACTS §1.4), so a decoded line feed makes it no such URI
 * (`http-reason-newline-injection`).
 */
export function parseTarget(target: string): Target {
  const relative = target.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*/, "").replace(/#.*$/s, "");
  const mark = relative.indexOf("?");
  const path = unescapeBytes(mark < 0 ? relative : relative.slice(0, mark));
  if (!path.startsWith("/api2")) return { kind: "page", path };
  const parts = /^\/api2\/+([a-z][a-z0-9]+)(\/[^\n]*)?\n?$/.exec(path);
  if (parts?.[1] === undefined) return { kind: "nothing" };
  const query = mark < 0 ? "" : relative.slice(mark + 1);
  return { kind: "api", format: parts[1], uri: parts[2] ?? "/", query };
}

/** The parts of an API path as text, empty ones dropped. */
export function pathSegments(uri: string): string[] {
  return bytesToText(uri).split("/").filter((segment) => segment !== "");
}

/** UTF-8 text of what was one character per byte. */
export function bytesToText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
