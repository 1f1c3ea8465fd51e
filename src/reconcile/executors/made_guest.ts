import { readIdentity } from "../../gate/mod.ts";
import { type GuestConfig, parseVmid } from "../../proxmox/mod.ts";
import type { Effect, Ending, Eyes, Story, Trace } from "./executor.ts";
import { inspectFirst } from "./inspect_first.ts";
import { readConfigOrNull } from "./read_config.ts";
import { isBegunHere, isRightAfter } from "./right_after.ts";

/** What a guest that was to be made is held against. */
export interface MadeGuestOptions {
  readonly story: Story;
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
 * Only what is seen right after it was made is known to be no more than that. A configuration that is
 * changed and a file that is copied into a guest leave no trace on the host, and a volume that somebody
 * moves in becomes the guest's own: what is seen late (after a crash, after days without the node) is
 * marked as made for the record alone. So is what an earlier process began and is not as it was asked
 * for. It is kept, and only a signature takes it away.
 *
 * Making a guest is the one step of its transaction: done, the transaction is committed.
 */
export async function seeMadeGuest(
  vmid: number,
  eyes: Eyes,
  { story, flaws: flawsOf }: MadeGuestOptions,
): Promise<Effect> {
  const { ending } = story;
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
  const isOurs = proof === "ours" || (proof === "likely" && sound);
  // What is not as it was asked for may have been changed within that minute: who has not been there
  // from the beginning cannot tell.
  const isLate = isOurs && !((sound || isBegunHere(story)) && await isRightAfter(story, eyes));
  const made = isOurs ? traceOf(vmid, config, { isLate }) : [];
  // Before anything can start it, and before anybody undoes what seems half made: it is kept.
  if (sound) return { seen: "done", traces: [...made, { kind: "transaction_committed" }] };
  // What has come to run is somebody's by now, and so may be what is seen late: nothing of it is undone.
  const ran: Trace[] = running ? [{ kind: "guest_ran", vmid }] : [];
  const kept: Trace[] = running || isLate ? [{ kind: "transaction_committed" }] : [];
  const late =
    ". It is kept: nothing shows that it was so when it was made, and it may be somebody's " +
    `by now. Look at it: ${inspectFirst(vmid)}`;
  return {
    seen: "other",
    why: `Guest ${vmid} is not what was asked for: ${flaws.join("; ")}${isLate ? late : ""}`,
    traces: [...made, ...ran, ...kept],
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
function traceOf(
  vmid: number,
  config: GuestConfig,
  { isLate }: { readonly isLate: boolean },
): Trace[] {
  const { volumes, macs } = readIdentity([config]);
  const digest = isLate ? null : config.digest;
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
