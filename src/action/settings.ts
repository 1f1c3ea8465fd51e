import * as z from "zod";
import { plainText } from "./grammar.ts";

/** FACTS §3.1. Lower case, because Proxmox stores tags so unless the datacenter says otherwise. */
const tags = z.array(z.string().regex(/^[a-z0-9_][a-z0-9_+.-]{0,63}$/)).max(32)
  .refine((list) => new Set(list).size === list.length, { message: "the same tag twice" });

/** `order=1,up=30,down=60`: at least one of the three, in this order, seconds at most a day. */
const STARTUP =
  /^(?=.)(?:order=(?:0|[1-9]\d{0,3}))?(?:(?:^|,)up=(?:0|[1-9]\d{0,4}))?(?:(?:^|,)down=(?:0|[1-9]\d{0,4}))?$/;

/** Largest memory and swap that may be asked for: 8 TiB, in MiB. */
const MOST_MIB = 8 * 1024 * 1024;

/**
 * The closed list of settings: what a hub may set of a guest that exists, run state apart, which is
 * an action of its own. Bounds are Proxmox's (FACTS §3.1); cpuunits end where cgroup v2 clamps them.
 *
 * Everything else of a guest is none of a hub's business, signed or not: no action carries it.
 */
export const SETTINGS = {
  cores: z.int().min(1).max(8192),
  /** CPUs, with fractions; 0 is no limit. */
  cpulimit: z.number().min(0).max(8192).refine((cpus) => cpus === 0 || cpus >= 0.001, {
    message: "less than a thousandth of a CPU",
  }),
  cpuunits: z.int().min(1).max(10_000),
  /** MiB. */
  memory: z.int().min(16).max(MOST_MIB),
  /** MiB. */
  swap: z.int().min(0).max(MOST_MIB),
  onboot: z.boolean(),
  startup: z.string().regex(STARTUP),
  description: plainText(8192, { lines: true }),
  tags,
} as const;

/** Name of a setting on the closed list. */
export type Setting = keyof typeof SETTINGS;

/** The closed list, by name. */
export const SETTING_NAMES: readonly Setting[] = Object.keys(SETTINGS).filter(isSetting);

/** Whether a name is on the closed list. */
export function isSetting(name: string): name is Setting {
  return Object.hasOwn(SETTINGS, name);
}

/** What a guest's settings are set to: any part of the closed list. */
export const settingValues = z.strictObject(SETTINGS).partial();

/** Settings that can go back to their default; memory has none (FACTS §3.5). */
export const unsettable = z.enum([
  "cores",
  "cpulimit",
  "cpuunits",
  "swap",
  "onboot",
  "startup",
  "description",
  "tags",
]);

/** A change of settings: something at least, and nothing both set and unset. */
export const settingsChange = z.strictObject({
  set: settingValues,
  unset: z.array(unsettable).max(unsettable.options.length),
}).refine(({ set, unset }) => Object.keys(set).length + unset.length > 0, {
  message: "changes nothing",
}).refine(({ set, unset }) => unset.every((name) => !Object.hasOwn(set, name)), {
  message: "a setting both set and unset",
}).refine(({ unset }) => new Set(unset).size === unset.length, {
  message: "a setting unset twice",
});
