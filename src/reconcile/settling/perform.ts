import { entryOf } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { Facts, Permit } from "../../gate/mod.ts";
import { type Upid, waitTask } from "../../proxmox/mod.ts";
import type { Operation } from "../../state/mod.ts";
import type { Json } from "../executors/json.ts";
import type { Outcome } from "../outcome.ts";
import { whyUsedMeanwhile } from "../facts/read_own_since.ts";
import { settle } from "../settle.ts";
import type { Work } from "../work.ts";
import type { BoundExecutor } from "./bound_executor.ts";
import { endScratch } from "./end_scratch.ts";
import { conclude, concludeAs, undecided } from "./conclude.ts";
import { followTask } from "./follow_task.ts";
import { judgeSendError } from "./judge_send_error.ts";
import { recordTask } from "./record_task.ts";
import { recordTraces } from "./record_traces.ts";

/** An authorised operation, with leave to do it. */
export interface Allowed {
  readonly operation: Pick<Operation, "id" | "transaction" | "origin">;
  readonly executor: BoundExecutor;
  readonly permit: Permit;
  readonly facts: Facts;
  readonly signal: AbortSignal;
}

/** Nothing was sent, and nothing will be on this permit. */
export type NotBegun = Extract<Outcome, { kind: "not_begun" }>;

/**
 * Does an authorised operation under its permit: looks again, writes the intent, sends, waits, looks
 * at the effect.
 *
 * @returns "not_begun" when nothing was sent; the journal has it as authorised still
 * @throws what is no {@linkcode FelhomError}
 */
export async function perform(work: Work, allowed: Allowed): Promise<Outcome> {
  const begun = await begin(work, allowed);
  if ("kind" in begun) return begun;
  const { operation: { id, transaction }, executor, signal } = allowed;
  const { before } = begun;
  let upid: Upid | null;
  try {
    upid = await send(work, allowed, before);
  } catch (error) {
    return await sendFailed(work, allowed, error);
  }
  const operation = { id, transaction, upid };
  if (upid === null) {
    return await conclude(work, operation, {
      executor,
      end: { before, ending: { how: "answered" } },
    });
  }
  recordTask(work, id, upid);
  try {
    const { limitMs } = executor;
    const followed = await followTask(work, upid, {
      wait: true,
      limitMs,
      signal,
      pace: work.pace,
      onRunning: () => work.departures.atWork(id),
    });
    if (followed.kind === "running") {
      return { kind: "running", operation: id, why: `Its task runs on: ${upid}` };
    }
    const end = { before, ending: { how: "task", result: followed.result } } as const;
    return await conclude(work, operation, { executor, end });
  } catch (error) {
    return undecided(work, id, error);
  }
}

/** The last look, and the intent. @returns what the effect is held against, or why nothing is sent */
async function begin(
  work: Work,
  { operation: { id, transaction, origin }, executor, facts, signal }: Allowed,
): Promise<{ readonly before: Json } | NotBegun> {
  const { state, clock, eyes, departures } = work;
  try {
    const asksNode = entryOf(executor.action.kind).route === "api";
    const nodeTime = asksNode ? await eyes.reads.nodeTime({ signal }) : null;
    // After that: what is looked at last is no older than its own answer.
    const checked = await executor.check(facts, eyes);
    if (!checked.holds) {
      const { why, passes, lock } = checked;
      return { kind: "not_begun", why, passes, ...(lock === undefined ? {} : { lock }) };
    }
    // What is signed rests on the signature. Last of all: what was begun since the gate looked is listed.
    const signed = state.operations.isSigned(id) ? "signed" : "new";
    const used = signed === "signed"
      ? null
      : await whyUsedMeanwhile(executor.action, sources(work, facts), signal);
    if (used !== null) return { kind: "not_begun", why: used, passes: true };
    if (signal.aborted) return { kind: "not_begun", why: "The agent is stopping", passes: true };
    const { before } = checked;
    const at = clock.now();
    // What makes undone is no new work: it is begun on a full disk, too.
    const purpose = origin === "recovery" ? "finish" : signed;
    state.transaction(() => {
      state.operations.advance(id, "started", { at, detail: { before, nodeTime }, purpose });
      recordTraces(state, executor.tracesAtStart, { id, transaction, upid: null, at });
      endScratch(state, executor.action, { origin, at });
    }, { purpose });
    departures.note(id);
    return { before };
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    // What cannot be read, or written down, is not done.
    return { kind: "not_begun", why: error.message, passes: true };
  }
}

function sources({ eyes: { reads }, state, departures, clock }: Work, { since }: Facts) {
  return { reads, state, departures, since, now: () => clock.now() };
}

async function send(
  { hands, eyes, state, clock, pace }: Work,
  { operation, executor, permit, signal }: Allowed,
  before: Json,
): Promise<Upid | null> {
  const { limitMs, action } = executor;
  // A call to Proxmox is short: broken off when the daemon ends, its answer would only be lost.
  const whole = entryOf(action.kind).route === "api" ? new AbortController().signal : signal;
  return await executor.send(permit, {
    ...{ hands, eyes, state, before },
    signal: whole,
    operation: operation.id,
    now: () => clock.now(),
    wait: (upid) => waitTask(eyes.reads, upid, { clock, limitMs, pace, signal }),
  });
}

async function sendFailed(
  work: Work,
  { operation: { id, transaction }, signal }: Allowed,
  error: unknown,
): Promise<Outcome> {
  const known = error instanceof FelhomError ? error : null;
  const coded = known === null ? {} : { code: known.code };
  const message = known?.message ?? String(error);
  if (judgeSendError(error) === "refused") {
    return concludeAs(work, { id, transaction, upid: null }, {
      ...{ kind: "failed", operation: id, why: message },
      ...coded,
    });
  }
  work.log.warn("the answer to a call was lost; what became of it is looked up", {
    operation: id,
    message,
    ...coded,
  });
  const operation = work.state.operations.get(id);
  if (operation === undefined) return { kind: "running", operation: id, why: message };
  return await settle(work, operation, { wait: true, signal, ...coded });
}
