import { FelhomError } from "../errors.ts";
import type { Form } from "./form.ts";

/**
 * Settings of a guest that the product changes. A closed list: volumes, interfaces, features,
 * devices and hooks have no place in it.
 */
export interface GuestSettings {
  readonly hostname?: string;
  readonly cores?: number;
  /** CPUs, with fractions; 0 is no limit. */
  readonly cpulimit?: number;
  readonly cpuunits?: number;
  /** MiB. */
  readonly memory?: number;
  /** MiB. */
  readonly swap?: number;
  readonly onboot?: boolean;
  /** `order=1,up=30,down=60`. */
  readonly startup?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly protection?: boolean;
}

/** Settings that can go back to their default. */
export type UnsettableSetting = Exclude<keyof GuestSettings, "memory">;

const SETTINGS: Readonly<Record<keyof GuestSettings, true>> = {
  hostname: true,
  cores: true,
  cpulimit: true,
  cpuunits: true,
  memory: true,
  swap: true,
  onboot: true,
  startup: true,
  description: true,
  tags: true,
  protection: true,
};

/**
 * Settings as parameters.
 *
 * @throws {FelhomError} `proxmox.bad_parameter` for a setting that is not in the list
 */
export function settingsForm(settings: GuestSettings): Form {
  assertSettings(Object.keys(settings));
  const { tags, ...rest } = settings;
  return { ...rest, tags: tags?.join(";") };
}

/**
 * Settings to go back to their default, as the parameter `delete`.
 *
 * @throws {FelhomError} `proxmox.bad_parameter` for a setting that is not in the list
 */
export function unsetForm(unset: readonly UnsettableSetting[]): Form {
  assertSettings(unset);
  return unset.length === 0 ? {} : { delete: unset };
}

/** What came from outside may not keep to the types. */
function assertSettings(names: readonly string[]): void {
  const unknown = names.find((name) => !Object.hasOwn(SETTINGS, name));
  if (unknown === undefined) return;
  throw new FelhomError(
    "proxmox.bad_parameter",
    `Cannot set ${JSON.stringify(unknown)}: it is not one of ${Object.keys(SETTINGS).join(", ")}`,
  );
}
