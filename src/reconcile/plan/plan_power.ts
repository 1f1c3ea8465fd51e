import type { PlannedStep } from "./guest_plan.ts";
import { planned } from "./planned.ts";

/**
 * Seconds that a guest has to go down by itself, Proxmox's own default (FACTS §3.6). Its lock file is
 * held for all of it: nothing else can be done to the guest meanwhile.
 */
const TIMEOUT = 60;

/** The guest is to run. */
export function planStart(vmid: number): PlannedStep {
  return planned({ kind: "guest.start", guest: vmid, params: {} }, {
    changes: [{ what: "state", from: "stopped", to: "running" }],
    why: "it is stopped, desired running",
  });
}

/**
 * The guest is to stop. It is killed when it does not go down in time: a guest that ignores the
 * signal would never be as it is wanted, and would be asked again with each pass.
 */
export function planShutdown(vmid: number): PlannedStep {
  const params = { timeout: TIMEOUT, then_kill: true };
  return planned({ kind: "guest.shutdown", guest: vmid, params }, {
    changes: [{ what: "state", from: "running", to: "stopped" }],
    why: "it is running, desired stopped",
  });
}

/** Settings wait for the next start, and the guest may be restarted for them. */
export function planRestart(vmid: number, waiting: readonly string[]): PlannedStep {
  return planned({ kind: "guest.restart", guest: vmid, params: { timeout: TIMEOUT } }, {
    changes: [{ what: "state", from: "running", to: "running anew" }],
    why: `a restart applies ${waiting.join(", ")}`,
  });
}
