import type { Action } from "../../action/mod.ts";
import { type Facts, promisedMemory } from "../../gate/mod.ts";

/** What work under way is about to promise a guest. */
interface Promised {
  readonly guest: number | null;
  /** MiB. */
  readonly memory: number;
}

/**
 * What was let through and does not show on the host yet, for decisions that are made beside it: each
 * guest's memory may fit alone, and that of several together need not.
 *
 * What shows already counts twice for a while: it is the safe side.
 */
export class Promises {
  readonly #promised = new Set<Promised>();

  /** The facts, with what others are about to be promised. */
  beside(facts: Facts): Facts {
    const { memory, subject } = facts;
    if (memory === null) return facts;
    const more = [...this.#promised].reduce(
      (sum, each) => each.guest === subject ? sum : sum + each.memory,
      0,
    );
    return more === 0 ? facts : { ...facts, memory: { ...memory, others: memory.others + more } };
  }

  /** Keeps what an action promises its guest while it is at work, until it is disposed of. */
  claim(action: Action, facts: Facts): Disposable {
    const promised = { guest: action.guest, memory: promisedMemory(action, facts) };
    if (promised.memory > 0) this.#promised.add(promised);
    return { [Symbol.dispose]: () => void this.#promised.delete(promised) };
  }
}
