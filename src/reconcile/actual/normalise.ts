import { isSetting, type Setting } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { Pending } from "../../proxmox/mod.ts";
import type { ActualSettings, NormalSettings, NormalValue } from "./actual_guest.ts";
import { FORMS } from "./setting_forms.ts";

/**
 * What the rows of a guest's configuration say of the closed list, live and to come (FACTS §3.2).
 *
 * @throws {FelhomError} `proxmox.malformed` when a setting has no form that is known: better none of
 * them than a wrong one
 */
export function normalise(rows: readonly Pending[]): ActualSettings {
  const texts = new Map<Setting, string>();
  for (const { key, value } of rows) {
    if (value !== undefined && isSetting(key)) texts.set(key, value);
  }
  const live = readAll(texts);
  const waiting = rows.filter((row) => row.pending !== undefined || (row.delete ?? 0) > 0);
  if (waiting.length === 0) return { live, next: live, otherPending: [] };
  const otherPending: string[] = [];
  for (const { key, pending } of waiting) {
    if (!isSetting(key)) otherPending.push(key);
    else if (pending === undefined) texts.delete(key);
    else texts.set(key, pending);
  }
  return { live, next: readAll(texts), otherPending: otherPending.toSorted() };
}

function readAll(texts: ReadonlyMap<Setting, string>): NormalSettings {
  function read<Name extends Setting>(name: Name): NormalValue<Name> {
    const text = texts.get(name);
    if (text === undefined) return FORMS[name].standard;
    const value = FORMS[name].read(text);
    if (value !== undefined) return value;
    throw new FelhomError("proxmox.malformed", `Cannot read ${name}: ${JSON.stringify(text)}`, {
      hint: "Check that this is Proxmox VE 8 or 9; if it is, please report it.",
    });
  }
  return {
    cores: read("cores"),
    cpulimit: read("cpulimit"),
    cpuunits: read("cpuunits"),
    memory: read("memory"),
    swap: read("swap"),
    onboot: read("onboot"),
    startup: read("startup"),
    description: read("description"),
    tags: read("tags"),
  };
}
