import { Buffer } from "node:buffer";
import type { ApiRequest } from "../seam.ts";
import { extractParams, mediaType } from "../wire/parameters.ts";
import { parseTarget } from "../wire/target.ts";

/** What the API is asked, out of the bytes of a request. */
export interface RawRequest {
  readonly method: ApiRequest["method"];
  /** Below `/api2/json`, decoded to one character per byte. */
  readonly path: string;
  readonly params: ApiRequest["params"];
}

/**
 * Reads a request that was captured as text. Nothing for one that never comes to the API: it is
 * cut short, of another method, or for another format.
 */
export function readRawRequest(text: string): RawRequest | undefined {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target = ""] = /^(GET|POST|PUT|DELETE) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
  const parsed = parseTarget(target);
  if (!isMethod(method) || parsed.kind !== "api" || parsed.format !== "json") return undefined;
  const type = lines.find((line) => /^content-type:/i.test(line))?.replace(/^[^:]*: */, "");
  const bytes = Buffer.from(body);
  try {
    const params = extractParams(method, parsed.query, { type: mediaType(type), bytes });
    return { method, path: parsed.uri, params };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isMethod(text: string | undefined): text is ApiRequest["method"] {
  return text === "GET" || text === "POST" || text === "PUT" || text === "DELETE";
}
