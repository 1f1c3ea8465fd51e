import type { WorldFault } from "../../sim/mod.ts";

/** Every way in which the host itself goes wrong, for the guests that something is to be done to. */
export const WORLD_FAULTS: Readonly<Record<string, (vmid: number) => readonly WorldFault[]>> = {
  "a task fails": (vmid) => [{ kind: "task", vmid, fate: { kind: "fail", message: "no luck" } }],
  "a task warns": (vmid) => [{ kind: "task", vmid, fate: { kind: "warn", message: "mind you" } }],
  "the daemon restarts in the middle of it": (vmid) => [
    { kind: "during-task", vmid, fault: { kind: "restart-daemon" } },
  ],
  "somebody changes the configuration": (vmid) => [
    { kind: "change-config", vmid, set: { description: "somebody was here" } },
  ],
  "somebody locks the guest for a while": (vmid) => [{ kind: "hold-lock-file", vmid, ms: 30_000 }],
  "the guest dies": (vmid) => [{ kind: "crash", vmid }],
  "the guest does not want to go down": (vmid) => [{ kind: "stubborn", vmid, stubborn: true }],
};
