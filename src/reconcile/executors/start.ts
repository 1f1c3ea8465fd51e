import { TASK_TYPES } from "../../proxmox/mod.ts";
import type { Executor } from "./executor.ts";
import { checkPower, verifyPower } from "./power.ts";

/** Starts a guest. What waits for a start is applied with it (FACTS §3.5). */
export const start: Executor<"guest.start"> = {
  taskTypes: TASK_TYPES["guest.start"],
  limitMs: () => 5 * 60_000,
  tracesAtStart: ({ guest }) => [{ kind: "guest_started", vmid: guest }],
  check: (action, facts, eyes) =>
    checkPower(action, facts, { eyes, to: "running", locks: ["mounted"] }),
  send: (permit, _action, { hands, signal }) => hands.proxmox.start(permit, { signal }),
  verify: (action, story, eyes) => verifyPower(action, story, { eyes, to: "running" }),
};
