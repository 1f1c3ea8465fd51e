import { isManaged, type VmidRange } from "../../gate/mod.ts";
import { printable } from "../../log/printable.ts";
import type { ActualGuest } from "../actual/actual_guest.ts";
import type { DesiredGuest } from "../desired/desired_state.ts";
import type { GuestPlan, PlannedStep, Told } from "./guest_plan.ts";
import { planCreation } from "./plan_creation.ts";
import { planRestart, planShutdown, planStart } from "./plan_power.ts";
import { planSettings, type SettingsPlan } from "./plan_settings.ts";

/** What a plan is made under. */
export interface PlanOptions {
  /** VMIDs that may be touched. */
  readonly managed: VmidRange;
}

/**
 * What is to be done so that one guest is as it is wanted, in order: it goes down, its settings
 * change, it starts. Nothing is planned that is so already. Pure.
 *
 * @param actual `undefined` when this node has no such guest
 */
export function planGuest(
  desired: DesiredGuest,
  actual: ActualGuest | undefined,
  { managed }: PlanOptions,
): GuestPlan {
  const { vmid } = desired;
  const name = actual?.name ?? null;
  if (!isManaged(vmid, managed)) {
    const range = `${managed.first} to ${managed.last}`;
    return only(vmid, name, "not_managed", `It is not among the managed VMIDs, ${range}`);
  }
  if (actual === undefined) return planAbsent(desired);
  if (actual.template) {
    return only(vmid, name, "template", "It is a template: it cannot run, and is left as it is");
  }
  const { steps, told } = planPresent(desired, actual);
  if (actual.lock === null || steps.length === 0) return { vmid, name, steps, told };
  const wait = steps.length === 1 ? "1 step waits" : `${steps.length} steps wait`;
  const message = `It is locked (${printable(actual.lock)}): ${wait} until it is free`;
  return { vmid, name, steps: [], told: [{ code: "locked", message }, ...told] };
}

function planAbsent(desired: DesiredGuest): GuestPlan {
  const { vmid, create } = desired;
  if (create !== undefined) {
    return { vmid, name: null, steps: [planCreation(desired, create)], told: [] };
  }
  return only(vmid, null, "not_there", "It is not on this node, and nothing says how to make it");
}

function planPresent(
  desired: DesiredGuest,
  actual: ActualGuest,
): Pick<GuestPlan, "steps" | "told"> {
  const { vmid, state } = desired;
  const settings = actual.settings === null
    ? null
    : planSettings(vmid, desired.settings, actual.settings);
  const goesDown = actual.running && state === "stopped";
  const steps: PlannedStep[] = [];
  const told: Told[] = [];
  if (goesDown) steps.push(planShutdown(vmid));
  if (settings === null) {
    told.push({
      code: "unreadable",
      message: "Its configuration cannot be read: its settings are left alone",
    });
  } else {
    steps.push(...settings.steps);
    if (actual.running && !goesDown) planWaiting(desired, settings, { steps, told });
    if (settings.elsewhere.length > 0) told.push(elsewhereTold(settings.elsewhere));
  }
  if (!actual.running && state === "running") steps.push(planStart(vmid));
  return { steps, told };
}

/** What only a restart applies: a step where it is allowed, a word where it is not. */
function planWaiting(
  { vmid, restart }: DesiredGuest,
  { waiting }: SettingsPlan,
  { steps, told }: { readonly steps: PlannedStep[]; readonly told: Told[] },
): void {
  if (waiting.length === 0) return;
  if (restart === "when_needed") {
    steps.push(planRestart(vmid, waiting));
    return;
  }
  const message = `${listed(waiting)} until a restart, which is not allowed ("restart": "never")`;
  told.push({ code: "needs_restart", message });
}

function elsewhereTold(names: readonly string[]): Told {
  const message = `${listed(names.map(printable))} until the next start: somebody else's change`;
  return { code: "pending_elsewhere", message };
}

function listed(names: readonly string[]): string {
  return `${names.join(", ")} ${names.length === 1 ? "waits" : "wait"}`;
}

function only(
  vmid: number,
  name: string | null,
  code: Told["code"],
  message: string,
): GuestPlan {
  return { vmid, name, steps: [], told: [{ code, message }] };
}
