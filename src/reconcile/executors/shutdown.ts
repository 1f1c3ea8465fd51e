import { TASK_TYPES } from "../../proxmox/mod.ts";
import type { Executor } from "./executor.ts";
import { checkPower, verifyPower } from "./power.ts";

/** Asks a guest to go down; kills it after its time, if the action says so. */
export const shutdown: Executor<"guest.shutdown"> = {
  taskTypes: TASK_TYPES["guest.shutdown"],
  limitMs: ({ params: { timeout } }) => timeout * 1000 + 5 * 60_000,
  check: (action, facts, eyes) => checkPower(action, facts, { eyes, to: "stopped" }),
  send: (permit, _action, { hands, signal }) => hands.proxmox.shutdown(permit, { signal }),
  verify: (action, story, eyes) => verifyPower(action, story, { eyes, to: "stopped" }),
};
