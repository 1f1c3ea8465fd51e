import { entryOf, isActionKind } from "../../action/mod.ts";
import { loadVerifiers } from "../../authz/mod.ts";
import type { Operation } from "../../state/mod.ts";
import { abandon } from "../settling/abandon.ts";
import { judgeDispatch } from "../settling/judge_dispatch.ts";
import { whyOver } from "../settling/unsigned_waiting.ts";
import { settle } from "../settle.ts";
import { offerSwap } from "../transactions/offer_swap.ts";
import type { Work } from "../work.ts";

/**
 * Brings an operation of an earlier run as far as it can be brought without changing the host.
 *
 * @returns false when the node has to be asked, and does not answer
 */
export async function tieUp(
  work: Work,
  operation: Operation,
  signal: AbortSignal,
): Promise<boolean> {
  const { id, state, kind } = operation;
  switch (state) {
    case "started":
    case "task_running": {
      // The helper may be at it for many minutes yet. Who works there waits for it, and nobody else.
      if (isActionKind(kind) && entryOf(kind).route === "helper") return true;
      const outcome = await settle(work, operation, { wait: false, signal });
      if (outcome.kind === "succeeded") await offerSwap(work, operation, signal);
      // A task that runs is settled by who works on its guest; what has no task yet may have one.
      return work.state.operations.get(id)?.state !== "started";
    }
    case "authorised": {
      const why = await whyNotKept(work, operation);
      if (why !== undefined) abandon(work, id, why);
      return true;
    }
    case "succeeded":
    case "failed":
    case "unknown":
    case "abandoned":
      return true;
    default:
      return state satisfies never;
  }
}

/** Why what was authorised and not begun is given up; `undefined` when it is kept. */
async function whyNotKept(work: Work, operation: Operation): Promise<string | undefined> {
  const { id, origin } = operation;
  const document = work.state.operations.document(id);
  if (document !== undefined) {
    await loadVerifiers(document.signatures);
    const stateBehind = work.state.instances.current().doubt !== null;
    const refused = work.gate.review(id, { stateBehind });
    if (refused === undefined || judgeDispatch(refused.code) === "wait") return undefined;
    return refused.why;
  }
  switch (origin) {
    case "job":
      return whyOver(work, operation);
    case "desired":
      return "The agent ended before it began; it is planned anew";
    case "selftest":
    case "recovery":
      return "The agent ended before it began";
    default:
      return origin satisfies never;
  }
}
