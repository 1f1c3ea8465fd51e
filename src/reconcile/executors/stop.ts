import { TASK_TYPES } from "../../proxmox/mod.ts";
import type { Executor } from "./executor.ts";
import { checkPower, verifyPower } from "./power.ts";

/** Kills a guest. */
export const stop: Executor<"guest.stop"> = {
  taskTypes: TASK_TYPES["guest.stop"],
  limitMs: () => 5 * 60_000,
  check: (action, facts, eyes) =>
    checkPower(action, facts, { eyes, to: "stopped", locks: ["mounted"] }),
  send: (permit, _action, { hands, signal }) => hands.proxmox.stop(permit, { signal }),
  verify: (action, story, eyes) => verifyPower(action, story, { eyes, to: "stopped" }),
};
