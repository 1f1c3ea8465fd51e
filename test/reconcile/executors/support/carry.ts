import { assert } from "@std/assert";
import {
  type Action,
  type ActionKind,
  type ActionOf,
  readAction,
} from "../../../../src/action/mod.ts";
import { FelhomError } from "../../../../src/errors.ts";
import { type Facts, isLinkDown, readIdentity } from "../../../../src/gate/mod.ts";
import { parseVmid, waitTask } from "../../../../src/proxmox/mod.ts";
import type {
  Checked,
  Effect,
  Ending,
  Executor,
} from "../../../../src/reconcile/executors/executor.ts";
import type { Json } from "../../../../src/reconcile/executors/json.ts";
import type { Work } from "../../../../src/reconcile/work.ts";
import { permissiveFacts, permitFor } from "../../../support/permit.ts";
import type { OpenWork } from "../../support/open_work.ts";

/** An action of a kind, read as the product reads it. */
export function actionOf<Kind extends ActionKind>(action: ActionOf<Kind>): ActionOf<Kind> {
  const read = readAction(action);
  assert(read.ok, read.ok ? "" : read.message);
  return action;
}

/** What the gate would have gone by, read from the host this moment. */
export async function factsNow({ eyes: { reads } }: Work, action: Action): Promise<Facts> {
  const vmid = parseVmid(action.guest ?? 0);
  const [live, next, status, snapshots] = await Promise.all([
    reads.guestConfig(vmid, { live: true }),
    reads.guestConfig(vmid),
    reads.guestStatus(vmid),
    reads.guestSnapshots(vmid),
  ]);
  return {
    ...permissiveFacts(action),
    place: {
      kind: "here",
      guest: {
        name: status.name ?? "",
        running: status.status === "running",
        usage: { memory: 0, swap: 0 },
        config: {
          digest: live.digest,
          identity: readIdentity([live, next]),
          linkDown: isLinkDown([live, next]),
          hookScript: false,
          memory: live.memory ?? 512,
          swap: live.swap ?? 512,
          snapshots: snapshots.map(({ name, snaptime }) => ({ name, takenAt: snaptime ?? 0 })),
        },
      },
    },
  };
}

/** How an action was carried out, step by step. */
export interface Carried {
  readonly before: Json;
  /** What sending it threw; null when it was answered. */
  readonly thrown: FelhomError | null;
  readonly ending: Ending;
  readonly effect: Effect;
}

/** Looks whether an action may be sent, by the facts of this moment. */
export async function checkNow<Kind extends ActionKind>(
  executor: Executor<Kind>,
  action: ActionOf<Kind>,
  { work }: Pick<OpenWork, "work">,
): Promise<Checked> {
  return await executor.check(action, await factsNow(work, action), work.eyes);
}

/**
 * Carries an action out as the engine does: checks, sends, waits, verifies. What throws counts as
 * lost, so that the effect is told from the host alone.
 *
 * @param options.sending runs between the check and the call
 * @param options.verifying runs between the end of the work and the look at its effect
 */
export async function carry<Kind extends ActionKind>(
  executor: Executor<Kind>,
  action: ActionOf<Kind>,
  { on: { work }, sending = () => {}, verifying = () => {} }: {
    readonly on: Pick<OpenWork, "work">;
    readonly sending?: () => void;
    readonly verifying?: () => void | Promise<void>;
  },
): Promise<Carried> {
  const checked = await checkNow(executor, action, { work });
  assert(checked.holds, checked.holds ? "" : checked.why);
  // As the journal gives it back.
  const before: Json = JSON.parse(JSON.stringify(checked.before));
  const permit = await permitFor(action);
  const limitMs = executor.limitMs(action);
  const wait = (upid: Parameters<typeof waitTask>[1]) =>
    waitTask(work.eyes.reads, upid, { clock: work.clock, limitMs });
  sending();
  let ending: Ending;
  let thrown: FelhomError | null = null;
  try {
    const upid = await executor.send(permit, action, {
      hands: work.hands,
      eyes: work.eyes,
      state: work.state,
      operation: "op-1",
      before,
      now: () => work.clock.now(),
      signal: new AbortController().signal,
      wait,
    });
    ending = upid === null ? { how: "answered" } : { how: "task", result: await wait(upid) };
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    thrown = error;
    ending = { how: "lost" };
  }
  await verifying();
  return {
    before,
    thrown,
    ending,
    effect: await executor.verify(action, { before, ending }, work.eyes),
  };
}

/** Why an action is not sent, and whether that passes; fails when it would be. */
export async function refusal<Kind extends ActionKind>(
  executor: Executor<Kind>,
  action: ActionOf<Kind>,
  { on: { work }, facts }: { readonly on: Pick<OpenWork, "work">; readonly facts?: Facts },
): Promise<{ readonly why: string; readonly passes: boolean }> {
  const known = facts ?? await factsNow(work, action);
  const checked = await executor.check(action, known, work.eyes);
  assert(!checked.holds, "It would be sent");
  return { why: checked.why, passes: checked.passes };
}
