import { createHash } from "node:crypto";

/** Options of one section of a guest's file, as text. */
export type Section = ReadonlyMap<string, string>;

/** A guest's configuration file taken apart. All values are text, as in the file. */
export interface ConfigFile {
  readonly options: Section;
  /** Raw `lxc.*` lines; no API parameter sets them (FACTS §3.3). */
  readonly raw: readonly (readonly [string, string])[];
  /** What waits for the next start; `delete` holds the names that are to go. */
  readonly pending: Section;
  readonly snapshots: ReadonlyMap<string, Section>;
}

export function emptyConfig(options: Iterable<readonly [string, string]> = []): ConfigFile {
  return { options: new Map(options), raw: [], pending: new Map(), snapshots: new Map() };
}

/**
 * The file's text, byte for byte as Proxmox writes it: description as comment lines, keys by the
 * alphabet, then pending, then the snapshots. The digests in the captures follow from it.
 */
export function renderConfig(file: ConfigFile): string {
  let text = renderSection(file.options, file.raw);
  if (file.pending.size > 0) text += `\n[pve:pending]\n${renderSection(file.pending)}`;
  for (const [name, section] of [...file.snapshots].toSorted(byName)) {
    text += `\n[${name}]\n${renderSection(section)}`;
  }
  return text;
}

/** SHA-1 of the file; any change changes it, a lock or a snapshot as well (FACTS §3.2). */
export function digestOf(file: ConfigFile): string {
  return createHash("sha1").update(renderConfig(file)).digest("hex");
}

function renderSection(section: Section, raw: ConfigFile["raw"] = []): string {
  const description = section.get("description") ?? "";
  const lines = description.split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  let text = lines.map((line) => `#${escapeText(line)}\n`).join("");
  for (const [key, value] of [...section].toSorted(byName)) {
    if (key !== "description") text += `${key}: ${value}\n`;
  }
  for (const [key, value] of raw) text += `${key}: ${value}\n`;
  return text;
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** Control and non-ASCII characters, `:` and `%` are percent-escaped UTF-8 (FACTS §3.1). */
function escapeText(line: string): string {
  let text = "";
  for (const byte of new TextEncoder().encode(line)) {
    const safe = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x3a;
    text += safe
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
