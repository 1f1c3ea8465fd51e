import * as z from "zod";
import type { ActionOf } from "../../action/mod.ts";
import type { Facts } from "../../gate/mod.ts";
import { parseUpid } from "../../proxmox/mod.ts";
import { readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Checked, Effect, Ending, Eyes } from "./executor.ts";
import type { Json } from "./json.ts";
import { goneMeanwhile, isRunning, seeRow } from "./look_at_guest.ts";
import { recheckPower } from "./recheck_guest.ts";

type PowerAction = ActionOf<"guest.start" | "guest.stop" | "guest.shutdown" | "guest.restart">;

/** Process id of the guest's init; null for a guest that was stopped. */
const beforeSchema = z.object({ pid: z.number().nullable() });

/**
 * Whether a guest can be taken to a run state: it is not in it, nothing locks it, and its run state
 * is nobody else's. High availability takes such a call as a wish of its own, and answers when that
 * is queued (FACTS §3.6): of two that set the same thing, one has to leave it.
 *
 * @param options.locks that are no hindrance (FACTS §3.6) @default none
 */
export async function checkPower(
  { guest }: PowerAction,
  facts: Facts,
  { eyes, to, locks }: {
    readonly eyes: Eyes;
    readonly to: "running" | "stopped";
    readonly locks?: readonly string[];
  },
): Promise<Checked> {
  const held = await recheckPower(guest, facts, {
    eyes,
    ...(locks === undefined ? {} : { locks }),
  });
  if (!held.holds) return held;
  const { status } = held;
  const never = (why: string): Checked => ({ holds: false, passes: false, why });
  if (isRunning(status) === (to === "running")) return never(`Guest ${guest} is ${to} already`);
  if (status.ha?.managed === true) {
    return never(`High availability decides whether guest ${guest} runs: set its state there`);
  }
  if (to === "running" && status.template === true) {
    return never(`Guest ${guest} is a template, which cannot be started`);
  }
  return { holds: true, before: { pid: status.pid ?? null } };
}

/** Whether a guest is in the run state it was taken to. That it is counts, whoever did it. */
export async function verifyPower(
  { guest }: PowerAction,
  { before, ending }: { readonly before: Json; readonly ending: Ending },
  { eyes, to }: { readonly eyes: Eyes; readonly to: "running" | "stopped" },
): Promise<Effect> {
  const was = readBefore(beforeSchema, before);
  if (was === null) return UNREADABLE;
  const status = await seeRow(eyes.reads, guest);
  if (status === undefined) return goneMeanwhile(guest);
  if (isRunning(status) === (to === "running")) return { seen: "done", row: status };
  if (queued(ending)) {
    return {
      seen: "other",
      why: `High availability was asked, and guest ${guest} is not ${to} yet`,
    };
  }
  const now = `Guest ${guest} is ${isRunning(status) ? "running" : "stopped"}`;
  if (endedWell(ending)) return { seen: "other", why: `${now}, although its task ended well` };
  if (was.pid !== (status.pid ?? null)) {
    return { seen: "other", why: `${now}, and was ${to} for a while; ${howItEnded(ending)}` };
  }
  return { seen: "nothing", why: `${now}; ${howItEnded(ending)}` };
}

function queued(ending: Ending): boolean {
  return ending.how === "task" && parseUpid(ending.result.upid).type.startsWith("ha");
}
