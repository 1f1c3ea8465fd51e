import { type Setting, SETTINGS } from "../../action/mod.ts";
import {
  CPUUNITS,
  LEAST_CPULIMIT,
  LONGEST_STARTUP_DELAY,
  outOfFixedBounds,
} from "../../gate/mod.ts";
import type { Json } from "../../config/json.ts";
import { sortedTags, withoutLastNewline } from "../actual/setting_forms.ts";
import type { DesiredSettings, SettingValue } from "./desired_state.ts";
import { readMebibytes } from "./mebibytes.ts";
import type { Field } from "./section.ts";

type DesiredValue<Name extends Setting> =
  | SettingValue<Name>
  | (Name extends "memory" ? never : null);

const { memory, swap } = SETTINGS;

/** The closed list, as it stands in a document; bounds are those of the actions. */
export const SETTING_FIELDS: { readonly [Name in Setting]: Field<DesiredValue<Name>> } = {
  cores: {
    allowed: "a whole number from 1 to 8192, or null (all of the host's)",
    read: orNull(SETTINGS.cores),
  },
  cpulimit: {
    allowed: `a number of CPUs from ${LEAST_CPULIMIT} to 8192, or 0 or null (no limit)`,
    read: within("cpulimit", orNull(SETTINGS.cpulimit)),
  },
  cpuunits: {
    allowed: `a whole number from ${CPUUNITS.least} to ${CPUUNITS.most}, or null (100)`,
    read: within("cpuunits", orNull(SETTINGS.cpuunits)),
  },
  memory: {
    allowed: 'MiB as a number, or a text such as "512 MiB" or "1.5 GiB"; 16 MiB to 8 TiB',
    read: (value) => parsed(memory, readMebibytes(value)),
  },
  swap: {
    allowed: 'MiB as a number, or a text such as "512 MiB" or "1.5 GiB"; 0 MiB to 8 TiB, ' +
      "or null (512 MiB)",
    read: (value) => value === null ? null : parsed(swap, readMebibytes(value)),
  },
  onboot: { allowed: "true, false, or null (false)", read: orNull(SETTINGS.onboot) },
  startup: {
    allowed: 'a text such as "order=1,up=30,down=60", any of the three in this order, up and ' +
      `down at most ${LONGEST_STARTUP_DELAY} s, or null`,
    read: within("startup", orNull(SETTINGS.startup)),
  },
  description: {
    allowed: "a text of at most 8192 characters, none of them hidden, or null",
    read: (value) => {
      const text = orNull(SETTINGS.description)(value);
      return typeof text === "string" ? withoutLastNewline(text) : text;
    },
  },
  tags: {
    allowed:
      "a list of at most 32 different tags of lower-case letters, digits and _ + . -, or null",
    read: (value) => {
      const list = orNull(SETTINGS.tags)(value);
      return list === null || list === undefined ? list : sortedTags(list);
    },
  },
};

/** The settings with one more. */
export function withSetting<Name extends Setting>(
  settings: DesiredSettings,
  name: Name,
  value: DesiredValue<Name>,
): DesiredSettings {
  return { ...settings, [name]: value };
}

/** What the gate refuses on any host is told where it is written. */
function within<Name extends "startup" | "cpulimit" | "cpuunits">(
  name: Name,
  read: (value: Json) => SettingValue<Name> | null | undefined,
): (value: Json) => SettingValue<Name> | null | undefined {
  return (value) => {
    const found = read(value);
    return found === null || found === undefined ||
        outOfFixedBounds({ [name]: found }) === undefined
      ? found
      : undefined;
  };
}

interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | {
    readonly success: false;
  };
}

function parsed<T>(schema: Schema<T>, value: unknown): T | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

function orNull<T>(schema: Schema<T>): (value: Json) => T | null | undefined {
  return (value) => value === null ? null : parsed(schema, value);
}
