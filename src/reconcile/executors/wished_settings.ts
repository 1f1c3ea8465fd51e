import { type ActionOf, type Setting, SETTING_NAMES } from "../../action/mod.ts";
import type { NormalSettings } from "../actual/actual_guest.ts";
import { normalise } from "../actual/normalise.ts";

/** What a change of settings comes to, in Proxmox's own normal form. */
export interface WishedSettings {
  /** The settings that it names, in the order of the closed list. */
  readonly names: readonly Setting[];
  /** Their values once it is done; of the others it says nothing. */
  readonly values: NormalSettings;
}

/**
 * Reads a change as Proxmox shows it once it is done.
 *
 * @throws {FelhomError} `proxmox.malformed` for a value that Proxmox could not show as it was given
 */
export function wishedSettings(
  { set, unset }: ActionOf<"guest.settings">["params"],
): WishedSettings {
  const rows = Object.entries(set).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: asText(value) }]
  );
  const names = SETTING_NAMES.filter((name) =>
    Object.hasOwn(set, name) || unset.some((other) => other === name)
  );
  return { names, values: normalise(rows).live };
}

function asText(value: number | boolean | string | readonly string[]): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "object" ? value.join(";") : String(value);
}
