import { failure } from "../pve_error.ts";
import { pendingDeletes, withPending } from "./config_change.ts";
import type { ConfigFile } from "./config_file.ts";

/** What a `PUT config` asks for; values in normal form. */
export interface ConfigRequest {
  readonly values: ReadonlyMap<string, string>;
  readonly deletes: readonly string[];
  readonly reverts: readonly string[];
}

const REQUIRED = new Set(["memory", "rootfs", "ostype"]);

/**
 * Puts a request into the file's pending part, as every change begins (FACTS §3.5). What is set to
 * what it is already, and what is deleted and not there, falls away.
 *
 * @throws {PveError} for what cannot be changed or deleted, and under protection
 */
export function stageChanges(vmid: number, file: ConfigFile, request: ConfigRequest): ConfigFile {
  const values = new Map(file.pending);
  values.delete("delete");
  const deletes = new Set(pendingDeletes(file));
  for (const name of request.reverts) {
    values.delete(name);
    deletes.delete(name);
  }
  for (const name of request.deletes) {
    if (!file.options.has(name) && !values.has(name)) continue;
    if (REQUIRED.has(name)) throw failure(`unable to delete required option '${name}'`);
    if (name === "unprivileged") throw failure(`unable to delete read-only option: '${name}'`);
    if (/^(mp|unused)\d+$/.test(name)) {
      refuseProtected(file, `can't remove CT ${vmid} drive '${name}'`);
    }
    values.delete(name);
    if (file.options.has(name)) deletes.add(name);
  }
  for (const [name, value] of request.values) {
    if (name === "unprivileged") throw failure(`unable to modify read-only option: '${name}'`);
    if (/^(rootfs|mp\d+)$/.test(name)) {
      refuseProtected(file, `can't update CT ${vmid} drive '${name}'`);
    }
    deletes.delete(name);
    if (file.options.get(name) === value) values.delete(name);
    else values.set(name, value);
  }
  return withPending(file, values, deletes);
}

/** @throws {PveError} `… - protection mode enabled` (FACTS §3.5) */
export function refuseProtected(file: ConfigFile, what: string): void {
  if (file.options.get("protection") === "1") throw failure(`${what} - protection mode enabled`);
}

/** Changes that a running guest takes at once (FACTS §3.5). */
const LIVE = new Set([
  "cores",
  "cpulimit",
  "cpuunits",
  "description",
  "hookscript",
  "hostname",
  "lock",
  "memory",
  "onboot",
  "protection",
  "startup",
  "swap",
  "tags",
]);

/** Whether setting an option reaches a running guest at once or waits for its next start. */
export function isLiveChange(file: ConfigFile, name: string): boolean {
  if (LIVE.has(name) || /^net\d+$/.test(name)) return true;
  return /^(mp|dev)\d+$/.test(name) && !file.options.has(name);
}

/** Whether removing an option reaches a running guest at once. */
export function isLiveRemoval(name: string): boolean {
  return LIVE.has(name) || /^net\d$/.test(name) || /^unused\d+$/.test(name);
}
