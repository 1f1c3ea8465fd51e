import { readIdentity } from "../../gate/mod.ts";
import { type GuestConfig, parseVmid } from "../../proxmox/mod.ts";
import type { Effect, Ending, Eyes, Trace } from "./executor.ts";
import { inspectFirst } from "./inspect_first.ts";
import { readConfigOrNull } from "./read_config.ts";

/** What a guest that was to be made is held against. */
export interface MadeGuestOptions {
  readonly ending: Ending;
  /** In which ways it is not what was asked for; empty when it is. */
  readonly flaws: (
    config: GuestConfig,
    running: boolean,
  ) => readonly string[] | Promise<readonly string[]>;
}

/**
 * What became of a guest that was to be made under a VMID that was free right before.
 *
 * That it is ours is proven by our own work having taken the VMID: by a task of ours that did not
 * fail (one that fails takes back what it made, FACTS §3.4), or by the helper's answer. What merely
 * looks as it was asked for may be somebody else's: it counts as done and is not marked as made.
 *
 * Making a guest is the one step of its transaction: done, the transaction is committed.
 */
export async function seeMadeGuest(
  vmid: number,
  eyes: Eyes,
  { ending, flaws: flawsOf }: MadeGuestOptions,
): Promise<Effect> {
  const config = await readConfigOrNull(eyes.reads, vmid);
  if (config === null) return { seen: "nothing", why: whyNothing(vmid, ending) };
  if (config.lock === "create") {
    return {
      seen: "other",
      why:
        `Guest ${vmid} was left half made, with lock=create, and is left as it is. Look on the ` +
        `host whose it is and what it holds: ${inspectFirst(vmid)}`,
    };
  }
  const proof = proofOf(ending);
  if (proof === "not_ours") {
    return { seen: "nothing", why: `${whyNothing(vmid, ending)}; another guest took the VMID` };
  }
  const { status } = await eyes.reads.guestRow(parseVmid(vmid));
  const running = status === "running";
  const flaws = await flawsOf(config, running);
  const sound = flaws.length === 0;
  // Killed half-way it would have kept its lock: complete and not locked, it is what was made.
  const made = proof === "ours" || (proof === "likely" && sound) ? traceOf(vmid, config) : [];
  // What has come to run is somebody's by now, whatever it is like: nothing of it is undone any more.
  const ran: Trace[] = running
    ? [{ kind: "guest_ran", vmid }, { kind: "transaction_committed" }]
    : [];
  const traces = [...made, ...ran];
  // Before anything can start it, and before anybody undoes what seems half made: it is kept.
  if (sound) return { seen: "done", traces: [...made, { kind: "transaction_committed" }] };
  return {
    seen: "other",
    why: `Guest ${vmid} is not what was asked for: ${flaws.join("; ")}`,
    traces,
  };
}

function proofOf(ending: Ending): "ours" | "likely" | "not_ours" | "none" {
  switch (ending.how) {
    case "answered":
      return "ours";
    case "lost":
      return "none";
    case "task":
      switch (ending.result.outcome) {
        case "ok":
        case "warnings":
          return "ours";
        case "unknown":
          return "likely";
        case "error":
          return "not_ours";
      }
  }
}

/** Without a volume there would be no telling it from another. */
function traceOf(vmid: number, config: GuestConfig): Trace[] {
  const { volumes, macs } = readIdentity([config]);
  const { digest } = config;
  return volumes.length === 0 ? [] : [{ kind: "guest_made", vmid, volumes, macs, digest }];
}

function whyNothing(vmid: number, ending: Ending): string {
  const none = `There is no guest ${vmid}`;
  if (ending.how !== "task") return none;
  const { result } = ending;
  return result.outcome === "error" || result.outcome === "unknown"
    ? result.error.message
    : `${none}, though ${result.upid} says that it was made`;
}
