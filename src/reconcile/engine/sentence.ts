import * as z from "zod";
import { isManaged } from "../../gate/mod.ts";
import { isReadable, type State } from "../../state/mod.ts";
import { nextOf } from "../queue/next_of.ts";
import { type GivenUp, why } from "../queue/why.ts";
import { scratchStays } from "../transactions/scratch_left.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import type { Engine } from "./engine.ts";

/** Rows of a guest among which its last request is looked for: steps of drift may have come since. */
const ROWS = 50;
const gaveUp = z.object({ why: z.string() });

/** What a guest waits for, in one sentence. */
export function sentenceOf(engine: Engine, vmid: number): string {
  const { work, ledger, queue } = engine;
  const { phase, doubt, shortage, failing, lastError } = engine.brief();
  const turn = ledger.turn(vmid);
  const waiting = work.state.operations.unfinishedOf(vmid)
    .filter(({ state }) => state === "authorised");
  const authorised = nextOf(work, waiting);
  return why({
    vmid,
    now: work.clock.now(),
    phase,
    doubt,
    shortage,
    passProblem: failing === 0 ? null : lastError?.message ?? null,
    nextPassInMs: engine.nextPassInMs,
    managed: isManaged(vmid, work.managed),
    desired: desiredNow(work.provider)?.guests.has(vmid) ?? null,
    record: ledger.record(vmid),
    nextTryInMs: turn.may ? null : turn.inMs,
    holder: queue.holder(vmid),
    obstacle: engine.obstacle(vmid) ?? scratchStays(work, vmid),
    waiting: queue.waiting(vmid),
    authorised: authorised === undefined ? null : {
      kind: authorised.kind,
      operation: authorised.id,
      signed: work.state.operations.document(authorised.id) !== undefined,
    },
    givenUp: givenUpOf(work.state, vmid),
  });
}

/** The last request for a guest, where it was given up; null when it was carried out, or waits. */
function givenUpOf({ operations }: Pick<State, "operations">, vmid: number): GivenUp | null {
  const last = operations.list({ vmid, limit: ROWS }).filter(isReadable)
    .find(({ origin }) => origin === "job");
  if (last?.state !== "abandoned") return null;
  const { id, kind, changedAt: at } = last;
  const detail = gaveUp.safeParse(operations.transitions(id).at(-1)?.detail);
  return { kind, operation: id, at, why: detail.success ? detail.data.why : null };
}

/** Undefined when it cannot be read, which the pass reports. */
function desiredNow(provider: Engine["work"]["provider"]): DesiredState | undefined {
  try {
    return provider.current();
  } catch {
    return undefined;
  }
}
