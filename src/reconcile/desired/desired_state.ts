import type { ActionOf, Setting, SETTINGS } from "../../action/mod.ts";
import type * as z from "zod";

/** What a setting of the closed list is set to. Memory and swap in whole MiB. */
export type SettingValue<Name extends Setting> = Readonly<z.output<(typeof SETTINGS)[Name]>>;

/** Settings by name. One that is absent is not managed; null is Proxmox's own default. */
export type DesiredSettings = {
  readonly [Name in Setting]?: SettingValue<Name> | (Name extends "memory" ? never : null);
};

/** How a guest is made when there is none under its VMID: from a golden image. */
export type DesiredCreation = Pick<
  ActionOf<"guest.create">["params"],
  "image" | "storage" | "hostname" | "network"
>;

/** What one guest is to be like. */
export interface DesiredGuest {
  readonly vmid: number;
  /** Absent: whether it runs is not managed. */
  readonly state?: "running" | "stopped";
  readonly settings: DesiredSettings;
  /** Whether the guest may be restarted for settings that take one. @default "never" */
  readonly restart: "never" | "when_needed";
  /** Absent: a guest that is not there is told, not made. */
  readonly create?: DesiredCreation;
}

/** What a provider wants of this host. A guest that it does not name is left alone. */
export interface DesiredState {
  /** Who says so: `local`, `hub`, `none`. */
  readonly provider: string;
  /** The provider's own name for this version of its wishes. */
  readonly revision: string;
  readonly guests: ReadonlyMap<number, DesiredGuest>;
}
