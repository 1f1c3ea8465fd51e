import { MOUNT_KEY, parseMountPoint, withProperties } from "./mount_point.ts";
import { normaliseNet } from "./net_config.ts";
import type { Random } from "./random.ts";
import { normaliseTags } from "./text_forms.ts";

/** A verified parameter: text, a number, or a boolean. */
export type OptionParameter = string | number | boolean;

/** An option as it is written into the file. */
export function normaliseOption(name: string, value: OptionParameter, random: Random): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  const text = String(value);
  if (name === "tags") return normaliseTags(text);
  if (/^net\d+$/.test(name)) return normaliseNet(text, random);
  if (name === "nameserver" || name === "searchdomain") {
    return text.split(/[,;\s]+/).filter((part) => part !== "").join(" ");
  }
  if (MOUNT_KEY.test(name)) {
    const mount = parseMountPoint(name, text);
    return mount.type === "volume" ? withProperties(mount, {}) : text;
  }
  return text;
}

const OPTIONS = new Set([
  "arch",
  "cmode",
  "console",
  "cores",
  "cpulimit",
  "cpuunits",
  "debug",
  "description",
  "entrypoint",
  "env",
  "features",
  "hookscript",
  "hostname",
  "lock",
  "memory",
  "nameserver",
  "onboot",
  "ostype",
  "parent",
  "protection",
  "rootfs",
  "searchdomain",
  "snaptime",
  "startup",
  "swap",
  "tags",
  "template",
  "timezone",
  "tty",
  "unprivileged",
]);

/** Whether a container's file knows the option. */
export function isOption(name: string): boolean {
  return OPTIONS.has(name) || /^(net|mp|unused|dev)\d+$/.test(name);
}

/** The options among a call's parameters, in normal form. */
export function optionsAmong(
  params: Readonly<Record<string, unknown>>,
  random: Random,
): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    if (!isOption(name)) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      options.set(name, normaliseOption(name, value, random));
    }
  }
  return options;
}
