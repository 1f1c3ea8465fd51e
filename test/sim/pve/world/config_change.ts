import type { ConfigFile, Section } from "./config_file.ts";

/** The section with options set (text) or removed (`undefined`). */
export function withValues(
  section: Section,
  changes: Readonly<Record<string, string | undefined>>,
): Section {
  const next = new Map(section);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  return next;
}

/** The file with options set or removed. */
export function withOptions(
  file: ConfigFile,
  changes: Readonly<Record<string, string | undefined>>,
): ConfigFile {
  return { ...file, options: withValues(file.options, changes) };
}

/** Names that pending wants removed. */
export function pendingDeletes(file: ConfigFile): ReadonlySet<string> {
  const text = file.pending.get("delete") ?? "";
  return new Set(text.split(",").filter((name) => name !== ""));
}

/** The file with its pending part replaced; without values it has none. */
export function withPending(
  file: ConfigFile,
  values: ReadonlyMap<string, string>,
  deletes: ReadonlySet<string>,
): ConfigFile {
  const pending = new Map(values);
  pending.delete("delete");
  if (deletes.size > 0) pending.set("delete", [...deletes].toSorted().join(","));
  return { ...file, pending };
}
