import type { Setting } from "../../action/mod.ts";
import type { SettingValue } from "../desired/desired_state.ts";

/** All settings of the closed list in normal form: what is absent from a configuration is its default. */
export type NormalSettings = { readonly [Name in Setting]: NormalValue<Name> };

/** Null where Proxmox's default is no value of its own: all cores, no order of start. */
export type NormalValue<Name extends Setting> =
  | SettingValue<Name>
  | (Name extends "cores" | "startup" ? null : never);

/** What a guest's configuration says of the closed list. */
export interface ActualSettings {
  /** In force now. */
  readonly live: NormalSettings;
  /** In force after the next start; the same as `live` where nothing is pending. */
  readonly next: NormalSettings;
  /** Options outside the closed list that wait for a restart as well: somebody else's. */
  readonly otherPending: readonly string[];
}

/** A guest of this node, as a plan looks at it. */
export interface ActualGuest {
  readonly vmid: number;
  readonly name: string;
  readonly running: boolean;
  readonly template: boolean;
  /** Why Proxmox lets nobody change it, as `backup`; null when it is not locked. */
  readonly lock: string | null;
  /** Null when the configuration cannot be read: run state can be changed then, nothing else. */
  readonly settings: ActualSettings | null;
}
