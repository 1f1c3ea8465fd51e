import { printable } from "../../log/printable.ts";
import type { Change, GuestPlan, PlannedStep } from "./guest_plan.ts";
import type { HostPlan } from "./plan_host.ts";

/** What a step does, in words that are the same everywhere: `set memory 512 MiB -> 1024 MiB`. */
export function describeStep({ action, changes }: PlannedStep): string {
  switch (action.kind) {
    case "guest.start":
      return "start";
    case "guest.shutdown":
      return "shut down";
    case "guest.restart":
      return "restart";
    case "guest.create":
      return `create ${action.params.hostname}`;
    case "guest.settings":
      return `set ${changes.map(describeChange).join(", ")}`;
    default:
      // No plan holds any other; were it so, its name is what can be said of it.
      return action.kind;
  }
}

function describeChange({ what, from, to }: Change): string {
  return `${what} ${from} -> ${to}`;
}

/** What a step does and why, as plan, journal and log have it. */
export function renderStep(step: PlannedStep): string {
  // Of settings the change says it all.
  const why = step.action.kind === "guest.settings" ? "" : ` (${step.why})`;
  return `${describeStep(step)}${why}`;
}

/**
 * The plan for one guest as lines, without an end of line: a line for each step, then one for each
 * thing that is told. None when there is nothing to say.
 */
export function renderGuestPlan({ vmid, name, steps, told }: GuestPlan): string[] {
  const guest = name === null ? String(vmid) : `${vmid} ${printable(name)}`;
  return [
    ...steps.map((step) => `${guest}: ${renderStep(step)}`),
    ...told.map(({ message }) => `${guest}: ${message}`),
  ];
}

/**
 * A plan as `plan`, `apply --dry-run`, journal and log show it: a line for each step and each thing
 * that is told, by guest, and a summary. Ends in a newline.
 */
export function renderPlan(plan: HostPlan): string {
  const lines = [...plan.guests.flatMap(renderGuestPlan), summarise(plan)];
  return lines.map((line) => `${line}\n`).join("");
}

function summarise({ provider, revision, guests }: HostPlan): string {
  const state = `Revision "${printable(revision)}" (${printable(provider)})`;
  if (guests.length === 0) return `${state} wants nothing of any guest.`;
  const steps = guests.reduce((sum, guest) => sum + guest.steps.length, 0);
  const busy = guests.filter((guest) => guest.steps.length > 0).length;
  const told = guests.reduce((sum, guest) => sum + guest.told.length, 0);
  const notes = told === 0 ? "" : `; ${counted(told, "thing")} to know`;
  if (steps === 0) return `${state}: nothing to do for ${counted(guests.length, "guest")}${notes}.`;
  return `${state}: ${counted(steps, "step")} for ${busy} of ${
    counted(guests.length, "guest")
  }${notes}.`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
