import type { Action } from "../../action/mod.ts";
import { type Facts, type MacHolder, macsToStart, promisedMemory } from "../../gate/mod.ts";
import type { StartupDelays } from "./startup_delays.ts";

/** What work under way is about to promise a guest. */
interface Promised {
  readonly guest: number | null;
  /** MiB. */
  readonly memory: number;
  /** That it brings up, in capitals. */
  readonly macs: readonly string[];
}

/** A start that is through, and may not show yet in what was read before. */
interface Through {
  readonly promised: Promised;
  /** How many were through then, with it. */
  readonly at: number;
}

/** Starts that are through and remembered: more than any reading lasts for. */
const MOST_THROUGH = 256;

/**
 * What was let through and does not show on the host yet, for decisions that are made beside it: each
 * guest's memory may fit alone, and that of several together need not; of two guests with one MAC
 * each may be started alone.
 *
 * What shows already counts twice for a while: it is the safe side.
 */
export class Promises {
  readonly #startup: Pick<StartupDelays, "now" | "promise"> | null;
  readonly #promised = new Set<Promised>();
  #through: readonly Through[] = [];
  #count = 0;

  /** @param startup by which delays at startup are counted. @default they are not */
  constructor(startup: Pick<StartupDelays, "now" | "promise"> | null = null) {
    this.#startup = startup;
  }

  /** What {@linkcode MacFacts} that are read from now on are as of. */
  get asOf(): number {
    return this.#count;
  }

  /** The facts, with what others are about to be promised. */
  beside(facts: Facts): Facts {
    const known = this.#besideMemory(this.#besideMacs(facts));
    return known.startup === null || this.#startup === null
      ? known
      : { ...known, startup: this.#startup.now(known.subject) };
  }

  /** Keeps what an action promises its guest while it is at work, until it is disposed of. */
  claim(action: Action, facts: Facts): Disposable {
    const { guest } = action;
    const ended = this.#startup?.promise(action);
    const memory = promisedMemory(action, facts);
    const promised = { guest, memory, macs: macsToStart(action, facts) };
    if (memory > 0 || promised.macs.length > 0) this.#promised.add(promised);
    return {
      [Symbol.dispose]: () => {
        ended?.();
        this.#end(promised);
      },
    };
  }

  #end(promised: Promised): void {
    if (!this.#promised.delete(promised) || promised.macs.length === 0) return;
    this.#count++;
    this.#through = [...this.#through, { promised, at: this.#count }].slice(-MOST_THROUGH);
  }

  #besideMemory(facts: Facts): Facts {
    const { memory, subject } = facts;
    if (memory === null) return facts;
    const more = [...this.#promised].reduce(
      (sum, each) => each.guest === subject ? sum : sum + each.memory,
      0,
    );
    return more === 0 ? facts : { ...facts, memory: { ...memory, others: memory.others + more } };
  }

  /** Counts those that are started now, and those that came up since the facts were read. */
  #besideMacs(facts: Facts): Facts {
    const { macs, subject } = facts;
    const since = macs === null
      ? []
      : this.#through.filter(({ at }) => at > macs.asOf).map(({ promised }) => promised);
    const more: MacHolder[] = [];
    for (const { guest, macs } of [...this.#promised, ...since]) {
      if (guest === null || guest === subject) continue;
      for (const mac of macs) more.push({ guest, mac });
    }
    if (more.length === 0) return facts;
    const { holders, asOf } = macs ?? { holders: [], asOf: this.#count };
    return { ...facts, macs: { holders: [...holders, ...more], asOf } };
  }
}
