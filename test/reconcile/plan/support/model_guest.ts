import { type ActionOf, isSetting, type Setting } from "../../../../src/action/mod.ts";
import type { ActualGuest, NormalSettings } from "../../../../src/reconcile/actual/actual_guest.ts";
import { normalise } from "../../../../src/reconcile/actual/normalise.ts";
import { isSame } from "../../../../src/reconcile/actual/setting_forms.ts";
import type { PlannedStep } from "../../../../src/reconcile/plan/guest_plan.ts";

const STANDARD = normalise([]).live;

/**
 * What becomes of a guest by one step, as Proxmox does it (FACTS §3.5, §3.6): a stopped guest takes
 * everything at once, a running one what `takesLive` says, the rest with its next start.
 */
export function afterStep(
  guest: ActualGuest | undefined,
  { action }: PlannedStep,
  takesLive: (name: Setting) => boolean,
): ActualGuest {
  if (action.kind === "guest.create") {
    if (guest !== undefined) throw new Error("Cannot create a guest that is there");
    const { hostname, cores, memory, swap, onboot, tags, description } = action.params;
    const live = { ...STANDARD, cores, memory, swap, onboot, tags, description };
    return {
      vmid: action.guest,
      name: hostname,
      running: false,
      template: false,
      lock: null,
      settings: { live, next: live, otherPending: [] },
    };
  }
  if (guest === undefined) throw new Error(`Cannot do ${action.kind}: there is no guest`);
  if (guest.lock !== null) throw new Error(`CT is locked (${guest.lock})`);
  if (guest.template) throw new Error("Cannot change a template");
  switch (action.kind) {
    case "guest.start":
      if (guest.running) throw new Error(`CT ${guest.vmid} already running`);
      return { ...withPendingApplied(guest), running: true };
    case "guest.shutdown":
      if (!guest.running) throw new Error(`CT ${guest.vmid} not running`);
      return { ...guest, running: false };
    case "guest.restart":
      if (!guest.running) throw new Error(`VM ${guest.vmid} not running`);
      return withPendingApplied(guest);
    case "guest.settings":
      return withSettings(guest, action.params, takesLive);
    default:
      throw new Error(`No plan has ${action.kind}`);
  }
}

function withPendingApplied(guest: ActualGuest): ActualGuest {
  const { settings } = guest;
  if (settings === null) return guest;
  return { ...guest, settings: { live: settings.next, next: settings.next, otherPending: [] } };
}

function withSettings(
  guest: ActualGuest,
  { set, unset }: ActionOf<"guest.settings">["params"],
  takesLive: (name: Setting) => boolean,
): ActualGuest {
  const { settings } = guest;
  if (settings === null) throw new Error("Cannot change what cannot be read");
  let { live, next } = settings;
  const wanted = new Map<Setting, NormalSettings[Setting]>();
  for (const name of unset.filter(isSetting)) wanted.set(name, STANDARD[name]);
  for (const [name, value] of Object.entries(set)) {
    if (isSetting(name) && value !== undefined) wanted.set(name, value);
  }
  for (const [name, value] of wanted) {
    if (isSame(next[name], value)) throw new Error(`${name} is what it is set to already`);
    next = { ...next, [name]: value };
    if (takesLive(name)) live = { ...live, [name]: value };
  }
  const applied = { live, next, otherPending: settings.otherPending };
  const changed = { ...guest, settings: applied };
  return guest.running ? changed : withPendingApplied(changed);
}
