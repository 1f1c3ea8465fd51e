import { FelhomError } from "../errors.ts";
import type { ControlOp } from "./protocol.ts";

/** How often something may be asked for: so many at once, and then one in each interval. */
export interface Rate {
  readonly burst: number;
  /** Milliseconds after which one more is let through. */
  readonly everyMs: number;
}

/** When all would be let through again, milliseconds of a clock that never goes back. */
export type FullAt = number;

/** What is said to one more. */
export type Turn =
  | { readonly may: true; readonly fullAt: FullAt }
  | { readonly may: false; readonly againInMs: number };

/**
 * Lets one more through, if its rate allows it; being refused costs nothing.
 *
 * @param fullAt undefined before the first
 * @param now milliseconds of a clock that never goes back
 */
export function takeTurn(fullAt: FullAt | undefined, { burst, everyMs }: Rate, now: number): Turn {
  const from = Math.max(fullAt ?? now, now);
  const againInMs = Math.ceil(from - now - (burst - 1) * everyMs);
  return againInMs > 0 ? { may: false, againInMs } : { may: true, fullAt: from + everyMs };
}

/** From the state and from memory. */
const READ: Rate = { burst: 200, everyMs: 10 };
/** Reads guests at Proxmox. */
const HOST: Rate = { burst: 20, everyMs: 1_000 };
/** Hands in what nobody signed who may: it may be written down. */
const SIGNED: Rate = { burst: 30, everyMs: 1_000 };
const SELDOM: Rate = { burst: 5, everyMs: 10_000 };

/**
 * How often each operation may be asked for over one listener. What writes is bounded by what the
 * state can bear for years; what only reads, by what the daemon can answer.
 */
export const RATES: Readonly<Record<ControlOp, Rate>> = {
  status: READ,
  apply: { burst: 20, everyMs: 3_000 },
  plan: HOST,
  submit: SIGNED,
  request: { burst: 60, everyMs: 1_000 },
  why: READ,
  journal: READ,
  operation: READ,
  transaction: READ,
  convergence: READ,
  pending: READ,
  selftest: { burst: 10, everyMs: 5_000 },
  selftest_stop: HOST,
  state_ack: SELDOM,
  audit_head: HOST,
};

/**
 * How often one document may be handed in that somebody signed who may: whatever else comes takes
 * nothing of that, and nobody but a signer can make another document, or one that more have signed. So
 * who has it with one signature of two takes no turn of who has both.
 */
export const DOCUMENT_RATE: Rate = { burst: 5, everyMs: 1_000 };

/**
 * What was asked for over one listener: as many numbers as there are operations, and one for each
 * signed document, and each set of keys that signed it, that came lately.
 */
export class Rates {
  readonly #fullAt = new Map<ControlOp, FullAt>();
  readonly #documents = new Map<string, FullAt>();

  /**
   * Counts a request; a submission only if nobody signed it who may.
   *
   * @param now milliseconds of a clock that never goes back
   * @throws {FelhomError} `control.too_often`, which says when to try again
   */
  admit(op: ControlOp, now: number): void {
    const rate = RATES[op];
    const fullAt = this.#take(op, this.#fullAt.get(op), rate, now);
    this.#fullAt.set(op, fullAt);
  }

  /**
   * Counts a submission that somebody signed who may.
   *
   * @param keys of those who signed and may, in order
   * @param now milliseconds of a clock that never goes back
   * @throws {FelhomError} `control.too_often`, which says when to try again
   */
  admitSigned(document: string, keys: readonly string[], now: number): void {
    for (const [each, fullAt] of this.#documents) {
      if (fullAt <= now) this.#documents.delete(each);
    }
    const which = JSON.stringify([document, keys]);
    const fullAt = this.#take("submit", this.#documents.get(which), DOCUMENT_RATE, now);
    this.#documents.set(which, fullAt);
  }

  #take(op: ControlOp, before: FullAt | undefined, rate: Rate, now: number): FullAt {
    const turn = takeTurn(before, rate, now);
    if (turn.may) return turn.fullAt;
    throw new FelhomError(
      "control.too_often",
      `Cannot take another "${op}" now: ${rate.burst} may come at once, then one each ` +
        `${rate.everyMs / 1000} s`,
      { hint: `Nothing was changed. Try again in ${Math.ceil(turn.againInMs / 1000)} s.` },
    );
  }
}
