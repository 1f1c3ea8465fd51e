import { type Setting, SETTING_NAMES } from "../../action/mod.ts";
import type { ActualSettings, NormalValue } from "../actual/actual_guest.ts";
import { differing, FORMS, isSame, showSetting } from "../actual/setting_forms.ts";
import type { DesiredSettings } from "../desired/desired_state.ts";
import type { Change, PlannedStep } from "./guest_plan.ts";
import { planned } from "./planned.ts";

/** How the settings of a guest stand to what is wanted of them. */
export interface SettingsPlan {
  /** One step for all that has to be sent; none when there is nothing. */
  readonly steps: readonly PlannedStep[];
  /** Settings that are accepted, and take effect with the next start. */
  readonly waiting: readonly Setting[];
  /** What else waits for the next start: somebody else's. */
  readonly elsewhere: readonly string[];
}

/**
 * Compares with what will be in force after the next start: what waits for it already is not sent
 * again.
 */
export function planSettings(
  vmid: number,
  desired: DesiredSettings,
  { live, next, otherPending }: ActualSettings,
): SettingsPlan {
  const managed = SETTING_NAMES.filter((name) => desired[name] !== undefined);
  const changes: Change[] = [];
  const waiting: Setting[] = [];
  const set: Record<string, unknown> = {};
  const unset: Setting[] = [];
  for (const name of managed) {
    const wanted = wantedOf(name, desired);
    if (isSame(next[name], wanted)) {
      if (!isSame(live[name], wanted)) waiting.push(name);
      continue;
    }
    if (goesUnset(name, desired)) unset.push(name);
    else set[name] = wanted;
    const coming = isSame(live[name], next[name])
      ? ""
      : ` (${showSetting(name, next[name])} pending)`;
    changes.push({
      what: name,
      from: `${showSetting(name, live[name])}${coming}`,
      to: showSetting(name, wanted),
    });
  }
  const why = changes.map(({ what, from, to }) => `${what} is ${from}, desired ${to}`).join("; ");
  return {
    steps: changes.length === 0 ? [] : [
      planned({ kind: "guest.settings", guest: vmid, params: { set, unset } }, { changes, why }),
    ],
    waiting,
    elsewhere: [
      ...differing(live, next).filter((name) => !managed.includes(name)),
      ...otherPending,
    ],
  };
}

function wantedOf(name: Setting, desired: DesiredSettings): NormalValue<Setting> {
  return desired[name] ?? FORMS[name].standard;
}

/**
 * Whether a setting is taken away instead of set: where its default is wanted by name, and where
 * nothing at all is: no limit, no text and no tags are how Proxmox writes none.
 */
function goesUnset(name: Setting, desired: DesiredSettings): boolean {
  if (desired[name] === null) return true;
  const isNothing = name === "cpulimit" || name === "description" || name === "tags";
  return isNothing && isSame(wantedOf(name, desired), FORMS[name].standard);
}
