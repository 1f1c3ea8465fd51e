import { FORMS } from "../actual/setting_forms.ts";
import type { DesiredCreation, DesiredGuest } from "../desired/desired_state.ts";
import type { PlannedStep } from "./guest_plan.ts";
import { planned } from "./planned.ts";

/**
 * The guest is made from its golden image; nothing else is planned before it is there. What a guest
 * is made with and the desired state does not say is Proxmox's default, never the image's.
 */
export function planCreation(
  { vmid, settings }: DesiredGuest,
  creation: DesiredCreation,
): PlannedStep {
  const params = {
    ...creation,
    cores: settings.cores,
    memory: settings.memory ?? FORMS.memory.standard,
    swap: settings.swap ?? FORMS.swap.standard,
    onboot: settings.onboot ?? FORMS.onboot.standard,
    tags: settings.tags ?? FORMS.tags.standard,
    description: settings.description ?? FORMS.description.standard,
  };
  return planned({ kind: "guest.create", guest: vmid, params }, {
    changes: [{ what: "guest", from: "none", to: creation.hostname }],
    why: `there is no guest, desired one from ${creation.image}`,
  });
}
