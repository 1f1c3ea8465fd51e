import type { z } from "zod";
import type { Permission } from "./permission.ts";

/** All that stands before a handler: what the contract says of one method on one path. */
export interface Endpoint<S extends z.ZodObject = z.ZodObject> {
  /** URL parameters included. */
  readonly parameters: S;
  readonly permission: Permission;
  /** Runs in pvedaemon; pveproxy only hands it on (FACTS §1.5). */
  readonly protected: boolean;
  /** Whether a call for another node is handed to that node before its parameters are verified. */
  readonly proxyto: "node" | null;
}

/** An endpoint that pveproxy serves itself. */
export function endpoint<S extends z.ZodObject>(
  parameters: S,
  permission: Permission,
): Endpoint<S> {
  const proxyto = Object.hasOwn(parameters.shape, "node") ? "node" : null;
  return { parameters, permission, protected: false, proxyto };
}

/** The same, run in pvedaemon. */
export function protectedEndpoint<S extends z.ZodObject>(
  parameters: S,
  permission: Permission,
): Endpoint<S> {
  return { ...endpoint(parameters, permission), protected: true };
}

/** The same, but served wherever it is asked, whatever node the URL names. */
export function anywhere<S extends z.ZodObject>(endpoint: Endpoint<S>): Endpoint<S> {
  return { ...endpoint, proxyto: null };
}
