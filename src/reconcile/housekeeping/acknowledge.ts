import { isClockBehind } from "../../authz/mod.ts";
import { FelhomError } from "../../errors.ts";
import { isReadable, type State } from "../../state/mod.ts";
import type { Work } from "../work.ts";

type Parts = Pick<Work, "state" | "clock" | "newId" | "log">;

/**
 * Begins a new instance, by an operator's word: a state that was in doubt is taken for right again,
 * and a time that a clock was behind for wrong. What was signed for the old instance is good for
 * nothing any more; what of it waited is given up, and shown. All of it, or nothing.
 *
 * Who may sign is not changed by that: whoever reaches the control socket must not bring back a key
 * that was rotated out. Nor is it done without need, since each time voids what others have signed.
 *
 * @throws {FelhomError} `state.not_in_doubt` where there is nothing to acknowledge; `state.*`
 */
export function acknowledge(
  { state, clock, newId, log }: Parts,
): { readonly instance: string } {
  const at = clock.now();
  const before = state.instances.current();
  const mark = state.timeMark.get();
  const behind = mark !== undefined && isClockBehind(at, mark);
  if (before.doubt === null && !behind) refuse();
  const instance = newId();
  const clockBehind = behind ? { mark } : null;
  state.transaction(() => {
    state.instances.renew(instance, at);
    // What an old state says of who made what proves nothing, and the doubt is gone from now on.
    if (before.doubt !== null) state.guests.endAll(at);
    state.notedTasks.acknowledge();
    // A clock that is in order leaves the mark alone: one wild jump must not raise it.
    if (behind) state.timeMark.reset(at);
    abandonSigned(state, at);
    const body = { instance, before: before.id, doubt: before.doubt, clockBehind };
    state.audit.append({ at, kind: "state.acknowledged", body });
    // As what is signed: a full database keeps no operator from saying what is right.
  }, { purpose: "signed" });
  log.warn("a new instance was begun", { instance, before: before.id, doubt: before.doubt });
  return { instance };
}

function refuse(): never {
  const why = "the state is not in doubt, and the clock is not behind a time that has been";
  throw new FelhomError("state.not_in_doubt", `There is nothing to acknowledge: ${why}`, {
    hint: "A new instance would void what others have signed. Signers are replaced by a signed " +
      "rotation (felhom-agent op new --op signers.rotate), or by root through signers/reseed.",
  });
}

function abandonSigned({ operations }: State, at: number): void {
  const why = "It was signed for an instance that is no more";
  for (const row of operations.unfinished()) {
    if (!isReadable(row) || row.state !== "authorised") continue;
    if (operations.document(row.id) === undefined) continue;
    operations.advance(row.id, "abandoned", { at, detail: { why } });
  }
}
