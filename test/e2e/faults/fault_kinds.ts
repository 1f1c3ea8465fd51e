import type { FaultRule, WorldFault } from "../../sim/mod.ts";

/** Something that befalls the calls that change something, a few of them. */
type WireFault = FaultRule["fault"];

/** How often a fault strikes each kind of call. */
const STRIKES = 3;
/** A worker that hangs does so for good, and there are three of them (OBSERVED 14). */
const STRIKES_OF_HANGING = 1;

/**
 * Every way in which the network, pveproxy or pvedaemon fails a call that changes something. Lost
 * answers first: the work is done, and nobody is told.
 */
export const WIRE_FAULTS: Readonly<Record<string, WireFault>> = {
  "the answer is lost": { kind: "reset_after" },
  "the connection breaks while the work begins": { kind: "reset_during" },
  "the connection is closed after the work": { kind: "close", run: true },
  "nothing comes after the work": { kind: "silence", run: true },
  "500, and saved all the same": { kind: "status", status: 500, run: true },
  "596, and it goes on": { kind: "status", status: 596, run: true },
  "half an answer": { kind: "truncate" },
  "a byte at a time": { kind: "drip", every_ms: 50 },
  "a head without end": { kind: "huge_head" },
  "the call never gets there": { kind: "reset_before" },
  "the connection is closed before the work": { kind: "close" },
  "nothing comes, and nothing is done": { kind: "silence" },
  "500 got timeout": { kind: "status", status: 500, reason: "got timeout" },
  "595": { kind: "status", status: 595 },
  "401": { kind: "status", status: 401 },
  "a page instead of JSON": { kind: "html" },
  "a body without end": { kind: "huge_body", bytes: 40_000_000 },
  "it takes long": { kind: "delay", ms: 8_000 },
  "a worker of pvedaemon hangs": { kind: "hang_worker" },
  "pvedaemon restarts meanwhile": { kind: "restart", down_ms: 2_000 },
};

/** The rules that have a fault strike the first few calls of each method that changes something. */
export function strikeChanges(fault: WireFault): FaultRule[] {
  const count = fault.kind === "hang_worker" ? STRIKES_OF_HANGING : STRIKES;
  return (["POST", "PUT"] as const).map((method) => ({ method, count, fault }));
}

/** Every way in which the host itself goes wrong, for the guests that something is to be done to. */
export const WORLD_FAULTS: Readonly<Record<string, (vmid: number) => readonly WorldFault[]>> = {
  "a task fails": (vmid) => [{ kind: "task", vmid, fate: { kind: "fail", message: "no luck" } }],
  "a task warns": (vmid) => [{ kind: "task", vmid, fate: { kind: "warn", message: "mind you" } }],
  "somebody changes the configuration": (vmid) => [
    { kind: "change-config", vmid, set: { description: "somebody was here" } },
  ],
  "somebody locks the guest for a while": (vmid) => [{ kind: "hold-lock-file", vmid, ms: 30_000 }],
  "the guest dies": (vmid) => [{ kind: "crash", vmid }],
  "the guest does not want to go down": (vmid) => [{ kind: "stubborn", vmid, stubborn: true }],
};
