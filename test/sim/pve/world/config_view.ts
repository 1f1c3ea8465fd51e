import { failure } from "../pve_error.ts";
import { pendingDeletes } from "./config_change.ts";
import type { ConfigFile, Section } from "./config_file.ts";
import { guestDigest } from "./guest.ts";
import { readDescription } from "./text_forms.ts";

/** Options that come as JSON numbers; all others are strings, `cpulimit` too (FACTS §3.2). */
const NUMBERS = new Set([
  "console",
  "cores",
  "cpuunits",
  "debug",
  "memory",
  "onboot",
  "protection",
  "snaptime",
  "swap",
  "template",
  "tty",
  "unprivileged",
]);

export type ConfigValue = string | number;

/** An option's value as the API gives it. */
export function apiValue(key: string, value: string): ConfigValue {
  if (NUMBERS.has(key)) return Number(value);
  return key === "description" ? readDescription(value) : value;
}

export type ConfigView = Record<string, ConfigValue | ConfigFile["raw"]>;

/**
 * `GET config`: pending values merged in as if they were applied, unless `current` asks for the
 * live ones or `snapshot` for those of a snapshot (FACTS §3.2, OBSERVED 24).
 *
 * @throws {PveError} when there is no such snapshot
 */
export function configView(
  file: ConfigFile,
  options: { readonly current?: boolean; readonly snapshot?: string | undefined } = {},
): ConfigView {
  const view: ConfigView = {};
  for (const [key, value] of chosenSection(file, options)) view[key] = apiValue(key, value);
  if (options.snapshot === undefined && file.raw.length > 0) view["lxc"] = file.raw;
  view["digest"] = guestDigest(file);
  return view;
}

function chosenSection(
  file: ConfigFile,
  options: { readonly current?: boolean; readonly snapshot?: string | undefined },
): Section {
  if (options.snapshot !== undefined) return snapshotSection(file, options.snapshot);
  if (options.current === true || file.pending.size === 0) return file.options;
  const merged = new Map(file.options);
  for (const name of pendingDeletes(file)) merged.delete(name);
  for (const [key, value] of file.pending) if (key !== "delete") merged.set(key, value);
  return merged;
}

/** @throws {PveError} when there is no such snapshot */
export function snapshotSection(file: ConfigFile, name: string): Section {
  const section = file.snapshots.get(name);
  if (section === undefined) throw failure(`snapshot '${name}' does not exist`);
  return section;
}

/** `GET snapshot/{name}/config`: the same without a digest (capture get-snapshot-config). */
export function snapshotView(file: ConfigFile, name: string): Record<string, ConfigValue> {
  const view: Record<string, ConfigValue> = {};
  for (const [key, value] of snapshotSection(file, name)) view[key] = apiValue(key, value);
  return view;
}

export interface PendingRow {
  readonly key: string;
  readonly value?: ConfigValue;
  readonly pending?: ConfigValue;
  readonly delete?: 1;
}

/** `GET pending`: what is, what waits, and what is to go (FACTS §3.2). */
export function pendingView(file: ConfigFile): PendingRow[] {
  const deletes = pendingDeletes(file);
  const rows: PendingRow[] = [];
  for (const [key, text] of file.options) {
    const value = apiValue(key, text);
    const pending = file.pending.get(key);
    if (pending !== undefined && key !== "delete") {
      rows.push({ key, value, pending: apiValue(key, pending) });
    } else rows.push(deletes.has(key) ? { key, value, delete: 1 } : { key, value });
  }
  for (const [key, text] of file.pending) {
    if (key === "delete" || file.options.has(key)) continue;
    rows.push({ key, pending: apiValue(key, text) });
  }
  rows.push({ key: "digest", value: guestDigest(file) });
  return rows;
}
