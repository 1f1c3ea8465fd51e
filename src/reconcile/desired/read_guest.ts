import { type Setting, SETTING_NAMES } from "../../action/mod.ts";
import { nearest } from "../../config/nearest.ts";
import type { Finding } from "../../config/problem.ts";
import type { DesiredGuest, DesiredSettings } from "./desired_state.ts";
import { readCreation } from "./read_creation.ts";
import type { Field, Section } from "./section.ts";
import { SETTING_FIELDS, withSetting } from "./setting_fields.ts";

const STATE: Field<"running" | "stopped"> = {
  allowed: '"running" or "stopped"',
  read: (value) => value === "running" || value === "stopped" ? value : undefined,
};
const RESTART: Field<DesiredGuest["restart"]> = {
  allowed: '"never" or "when_needed"',
  read: (value) => value === "never" || value === "when_needed" ? value : undefined,
};
/** Every key that a guest of a desired state can have. */
export const GUEST_KEYS: readonly string[] = ["state", ...SETTING_NAMES, "restart", "create"];

/** What one guest is to be like; what is wrong is collected by the section. */
export function readGuest(vmid: number, guest: Section): DesiredGuest {
  const state = guest.take("state", STATE);
  let settings: DesiredSettings = {};
  for (const name of SETTING_NAMES) settings = takeSetting(guest, name, settings);
  const restart = guest.take("restart", RESTART) ?? "never";
  const creation = guest.section("create");
  const create = creation === undefined ? undefined : readCreation(creation);
  if (creation !== undefined) needForCreation(guest, settings);
  guest.refuseOthers(offList);
  return {
    vmid,
    settings,
    restart,
    ...(state === undefined ? {} : { state }),
    ...(create === undefined ? {} : { create }),
  };
}

function takeSetting<Name extends Setting>(
  guest: Section,
  name: Name,
  settings: DesiredSettings,
): DesiredSettings {
  const value = guest.take(name, SETTING_FIELDS[name]);
  return value === undefined ? settings : withSetting(settings, name, value);
}

/** Nothing is inherited from the image, so how large a guest is made has to be said. */
function needForCreation(guest: Section, settings: DesiredSettings): void {
  for (const name of ["cores", "memory"] as const) {
    const isSaid = guest.keys.includes(name) && settings[name] !== null;
    if (!isSaid) guest.wrong(name, { reason: "A guest with create needs a number of it" });
  }
}

function offList(key: string): Omit<Finding, "path" | "where"> {
  const meant = nearest(key, GUEST_KEYS);
  return {
    reason: "It is not on the closed list of what a desired state sets",
    allowed: GUEST_KEYS.join(", "),
    ...(meant === undefined ? {} : { hint: `Did you mean ${meant}?` }),
  };
}
