import type { Form } from "./form.ts";
import { type GuestSettings, settingsForm } from "./guest_settings.ts";
import type { Volid } from "./volid.ts";

/**
 * Interfaces of a restored guest. The two ways exclude each other: with `unique` Proxmox overwrites
 * an interface that is passed along, its `link_down` too (FACTS §3.4).
 */
export type RestoredNetwork =
  /** The backup's interfaces, each with a new MAC. */
  | { readonly kind: "new-macs" }
  /** The backup's interfaces as they were: the guest takes the place of the one backed up. */
  | { readonly kind: "as-backed-up" }
  /** One interface; others of the backup come back as they were. */
  | { readonly kind: "given"; readonly net0: string };

export interface RestoreOptions {
  /** The backup, as `local:backup/vzdump-lxc-101-….tar.zst`. */
  readonly archive: Volid;
  /** Where the volumes go. Proxmox's own default, `local`, is never meant (OBSERVED 27). */
  readonly storage: string;
  readonly network: RestoredNetwork;
  /** Inherited from the backup unless given (FACTS §3.4); a drill that starts at boot is a trap. */
  readonly settings: GuestSettings & { readonly onboot: boolean; readonly protection: boolean };
  /** KiB/s. @default the storage's */
  readonly bandwidth?: number;
}

/** Parameters of a restore, which Proxmox has as a kind of create. */
export function restoreForm(
  vmid: number,
  { archive, storage, network, settings, bandwidth }: RestoreOptions,
  { over }: { readonly over: boolean },
): Form {
  return {
    ...settingsForm(settings),
    vmid,
    ostemplate: archive,
    restore: true,
    force: over ? true : undefined,
    storage,
    // A privileged guest would need Sys.Modify on / (FACTS §3.3); none is ever made.
    unprivileged: true,
    unique: network.kind === "new-macs" ? true : undefined,
    net0: network.kind === "given" ? network.net0 : undefined,
    bwlimit: bandwidth,
  };
}
