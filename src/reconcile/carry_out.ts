import type { Action, Intent } from "../action/mod.ts";
import { loadVerifiers } from "../authz/mod.ts";
import { FelhomError } from "../errors.ts";
import type { Answer, Facts } from "../gate/mod.ts";
import type { Guest } from "../proxmox/mod.ts";
import type { Operation } from "../state/mod.ts";
import type { Outcome } from "./outcome.ts";
import { abandon } from "./settling/abandon.ts";
import { boundExecutor } from "./settling/bound_executor.ts";
import { judgeDispatch } from "./settling/judge_dispatch.ts";
import { perform } from "./settling/perform.ts";
import { evidenceOf, storedWish } from "./settling/stored_wish.ts";
import { isLockAlive, pauseWaiting, whyOver } from "./settling/unsigned_waiting.ts";
import type { Step } from "./step.ts";
import type { Work } from "./work.ts";

type Permitted = Extract<Answer, { outcome: "permitted" }>;
type Denied = Extract<Outcome, { kind: "denied" }>;

const STOPPING = { kind: "not_begun", why: "The agent is stopping", passes: true } as const;

/**
 * Takes one step the whole way: facts, gate, journal, executor, effect. The intent is durable before
 * anything leaves; what cannot be written down is not begun.
 *
 * @throws {FelhomError} `state.*` when the agent's own state cannot be read
 */
export async function carryOutStep(
  work: Work,
  step: Step,
  signal: AbortSignal,
): Promise<Outcome> {
  const { action, origin, source, reference, why, within, row } = step;
  const facts = await factsOf(work, action, { signal, row });
  if (facts === null) return STOPPING;
  const transaction = within?.transaction ?? null;
  const evidence = { why, digest: digestOf(facts), observedAt: facts.now };
  const intent: Intent = { action, origin, source, reference, transaction, evidence };
  // Asked and claimed in one go: nobody else is let through in between.
  const answer = work.gate.ask(intent, work.promises.beside(work.claims.less(facts)));
  if (answer.outcome !== "permitted") return denied(answer);
  const id = work.newId();
  try {
    work.state.operations.authorise({
      ...{ id, transaction, action, origin },
      vmid: action.guest,
      evidence: evidenceOf(intent),
      at: work.clock.now(),
      ...(within === null ? {} : { step: within.step }),
      ...(step.compensates === undefined ? {} : { compensates: step.compensates }),
    });
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    return { kind: "not_begun", why: error.message, passes: error.code !== "state.closed" };
  }
  using _room = work.claims.claim(action, facts);
  using _promise = work.promises.claim(action, facts);
  const executor = boundExecutor(action);
  const { permit } = answer;
  const operation = { id, transaction, origin };
  const outcome = await perform(work, { operation, executor, permit, facts, signal });
  if (outcome.kind === "not_begun") abandon(work, id, outcome.why);
  return outcome;
}

/**
 * Carries out an operation that the journal has as authorised. A signed one is verified again, as it
 * was stored; one that was not is asked for again. What does not hold now, and passes, leaves it
 * authorised; what never holds again abandons it.
 *
 * @throws {FelhomError} `state.*` when the agent's own state cannot be read
 */
export async function carryOutOperation(
  work: Work,
  operation: Operation,
  signal: AbortSignal,
): Promise<Outcome> {
  const { id } = operation;
  const stored = storedWish(operation);
  if ("unreadable" in stored) {
    abandon(work, id, stored.unreadable);
    return { kind: "not_begun", why: stored.unreadable, passes: false };
  }
  const over = whyOver(work, operation);
  if (over !== undefined) {
    abandon(work, id, over);
    return { kind: "not_begun", why: over, passes: false };
  }
  const { action } = stored.intent;
  const document = work.state.operations.document(id);
  const signed = document !== undefined;
  if (signed) await loadVerifiers(document.signatures);
  const facts = await factsOf(work, action, { signal });
  if (facts === null) return STOPPING;
  const known = work.promises.beside(work.claims.less(withoutOwn(facts, operation)));
  const answer = signed
    ? work.gate.dispatch(id, stored.intent, known)
    : work.gate.ask(stored.intent, known);
  if (answer.outcome !== "permitted") return refused(work, id, { answer, signed });
  const { permit } = answer;
  using _room = work.claims.claim(action, facts);
  using _promise = work.promises.claim(action, facts);
  const executor = boundExecutor(action);
  const outcome = await perform(work, { operation, executor, permit, facts, signal });
  if (outcome.kind !== "not_begun") return outcome;
  const { lock } = outcome;
  const { guest } = action;
  if (lock !== undefined && guest !== null && await isLockAlive(work, { guest, lock }, signal)) {
    pauseWaiting(work, guest);
  }
  if (!outcome.passes) abandon(work, id, outcome.why);
  else if (signed) work.gate.giveBack(id, permit);
  return outcome;
}

function refused(
  work: Work,
  operation: string,
  { answer, signed }: {
    readonly answer: Exclude<Answer, Permitted>;
    readonly signed: boolean;
  },
): Outcome {
  const said = denied(answer);
  const waits = signed && answer.outcome === "refused" && judgeDispatch(answer.code) === "wait";
  if (waits) return { kind: "not_begun", why: said.why, passes: true };
  abandon(work, operation, said.why);
  return said;
}

/** @throws {FelhomError} `internal.bug` for an answer that only a submission gets */
function denied(answer: Exclude<Answer, Permitted>): Denied {
  if (answer.outcome !== "authorised") return { kind: "denied", ...answer };
  throw new FelhomError("internal.bug", "Cannot take for an answer what only a submission gets");
}

/** What was done before an operation: its own row is in the journal, and spends nothing twice. */
function withoutOwn(facts: Facts, { createdAt, kind, vmid }: Operation): Facts {
  const less = (times: readonly number[]) => {
    const own = times.indexOf(createdAt);
    return own < 0 ? times : times.toSpliced(own, 1);
  };
  const { guestStops, guestRestarts, hostStops, hostRestarts } = facts.history;
  const deed = facts.deeds.findIndex((each) =>
    each.at === createdAt && each.kind === kind && each.vmid === vmid
  );
  return {
    ...facts,
    deeds: deed < 0 ? facts.deeds : facts.deeds.toSpliced(deed, 1),
    history: {
      guestStops: less(guestStops),
      guestRestarts: less(guestRestarts),
      hostStops: less(hostStops),
      hostRestarts: less(hostRestarts),
    },
  };
}

/** @returns null when the signal is aborted */
async function factsOf(
  work: Work,
  action: Action,
  { signal, row }: { readonly signal: AbortSignal; readonly row?: Guest | undefined },
): Promise<Facts | null> {
  try {
    return await work.facts(action, signal, row);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function digestOf({ place }: Facts): string | null {
  return place.kind === "here" ? place.guest.config?.digest ?? null : null;
}
