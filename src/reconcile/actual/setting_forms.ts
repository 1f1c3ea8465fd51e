import { type Setting, SETTING_NAMES } from "../../action/mod.ts";
import { printable } from "../../log/printable.ts";
import type { NormalSettings, NormalValue } from "./actual_guest.ts";

/** How one setting is read from Proxmox, and shown to people. */
export interface Form<T> {
  /** What holds where the configuration does not name it. */
  readonly standard: T;
  /** The normal form of a text of Proxmox's; `undefined` for a text of no form that is known. */
  readonly read: (text: string) => T | undefined;
  readonly show: (value: T) => string;
}

/** The normal form of each setting (FACTS §3.1): two that mean the same are the same. */
export const FORMS: { readonly [Name in Setting]: Form<NormalValue<Name>> } = {
  cores: { standard: null, read: whole, show: (value) => value === null ? "all" : String(value) },
  cpulimit: { standard: 0, read: decimal, show: (value) => value === 0 ? "none" : String(value) },
  cpuunits: { standard: 100, read: whole, show: String },
  memory: { standard: 512, read: whole, show: mib },
  swap: { standard: 512, read: whole, show: mib },
  onboot: { standard: false, read: flag, show: (value) => value ? "yes" : "no" },
  startup: {
    standard: null,
    read: startup,
    show: (value) => value === null ? "none" : printable(value),
  },
  description: { standard: "", read: withoutLastNewline, show: quoted },
  tags: { standard: [], read: tags, show: listed },
};

/** Whether two values in normal form are the same. */
export function isSame(one: NormalValue<Setting>, other: NormalValue<Setting>): boolean {
  // A tag has no `;` in it.
  if (Array.isArray(one) && Array.isArray(other)) return one.join(";") === other.join(";");
  return one === other;
}

/** Settings that are not the same in both, in the order of the closed list. */
export function differing(one: NormalSettings, other: NormalSettings): Setting[] {
  return one === other ? [] : SETTING_NAMES.filter((name) => !isSame(one[name], other[name]));
}

/** A value in words: `512 MiB`, `none`. */
export function showSetting<Name extends Setting>(name: Name, value: NormalValue<Name>): string {
  return FORMS[name].show(value);
}

/**
 * A description as Proxmox keeps it: a newline at its end is dropped when it is written, and added
 * when it is read (FACTS §3.1).
 */
export function withoutLastNewline(text: string): string {
  return text.replace(/\n+$/, "");
}

/** Tags as Proxmox keeps them: each once, sorted (FACTS §3.1). */
export function sortedTags(list: readonly string[]): readonly string[] {
  return [...new Set(list)].toSorted();
}

function tags(text: string): readonly string[] {
  return sortedTags(text.split(/[;,\s]+/).filter((tag) => tag !== ""));
}

function whole(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Proxmox keeps a number as it was written, so it has as many digits as somebody liked. */
function decimal(text: string): number | undefined {
  return /^\d{1,15}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?$/.test(text) ? Number(text) : undefined;
}

function flag(text: string): boolean | undefined {
  if (text === "1") return true;
  return text === "0" ? false : undefined;
}

/**
 * `order=1,up=30,down=60` whatever its order, and whether `order=` is written or not. Proxmox keeps
 * the text as it was given; one of another form stays as it is.
 */
function startup(text: string): string | null {
  const found = new Map<string, number>();
  for (const part of text.split(",")) {
    const [, name = "order", digits] = /^(?:(order|up|down)=)?(\d{1,15})$/.exec(part.trim()) ?? [];
    if (digits === undefined || found.has(name)) return text === "" ? null : text;
    found.set(name, Number(digits));
  }
  return ["order", "up", "down"].flatMap((name) => {
    const value = found.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  }).join(",");
}

function mib(value: number): string {
  return `${value} MiB`;
}

/** Longest part of a description that is shown. */
const SHOWN = 40;

function quoted(text: string): string {
  if (text === "") return "none";
  const characters = [...text];
  return characters.length > SHOWN
    ? `"${printable(characters.slice(0, SHOWN).join(""))}…"`
    : `"${printable(text)}"`;
}

function listed(list: readonly string[]): string {
  return list.length === 0 ? "none" : list.map(printable).join(", ");
}
