import type { ActionOf } from "../action/mod.ts";
import type { Form } from "./form.ts";
import { netString } from "./net_string.ts";
import { settingsForm } from "./settings_form.ts";

/**
 * Parameters that make a guest from a golden image. All that a restore inherits from the image
 * unless it is passed (FACTS §3.4) is passed: a new guest is what its action says.
 */
export function createForm({ guest, params }: ActionOf<"guest.create">): Form {
  const { image, storage, hostname, network, cores, memory, swap, onboot, tags, description } =
    params;
  return {
    ...restored({ vmid: guest, archive: image, storage }),
    ...settingsForm({ set: { cores, memory, swap, onboot, tags, description } }),
    // There is nothing to delete yet, and the image's must not stay: a lone separator is a list of
    // no tags, a lone line end no description.
    delete: undefined,
    ...(tags.length === 0 ? { tags: ";" } : {}),
    ...(description === "" ? { description: "\n" } : {}),
    hostname,
    net0: netString(network),
  };
}

/**
 * Parameters that restore a backup beside its guest. Its interfaces come back as they were backed
 * up, since it is to take the guest's place; it does not start at boot before it does.
 */
export function restoreBesideForm({ params }: ActionOf<"guest.restore_over">): Form {
  const { backup, storage, new_vmid } = params;
  return { ...restored({ vmid: new_vmid, archive: backup, storage }), onboot: false };
}

/**
 * What every restore is sent with. Never `force`, which destroys the volumes before it unpacks
 * (OBSERVED 26), and never `unique`, which overwrites the interface passed along (FACTS §3.4).
 */
function restored(
  { vmid, archive, storage }: {
    readonly vmid: number;
    readonly archive: string;
    readonly storage: string;
  },
): Form {
  return {
    vmid,
    ostemplate: archive,
    restore: true,
    // Proxmox's own default, `local`, is never meant (OBSERVED 27).
    storage,
    // A privileged guest would need Sys.Modify on / (FACTS §3.3); none is ever made.
    unprivileged: true,
    protection: false,
  };
}
