import type { Action, ActionKind, ActionOf } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";

/** What the constructor of a permit asks for. Only the gate may import it. */
export const MINT: unique symbol = Symbol("mint");

/**
 * Leave to do one exact thing, once and soon.
 *
 * INVARIANTS
 * - Only the gate makes one: the constructor takes a symbol that no other file can name, and what
 *   was not constructed (a copy, a proxy, a look-alike, a subclass) has none of the private state.
 * - Its action was read by the gate, is frozen, and never changes.
 * - It is redeemed at most once; an attempt that fails uses it up as well.
 */
export class Permit {
  readonly #action: Action;
  readonly #isFresh: () => boolean;
  #spent = false;
  #redeemed = false;

  /** @param isFresh whether it may still be used; asked when it is redeemed */
  constructor(mint: typeof MINT, action: Action, isFresh: () => boolean) {
    if (mint !== MINT || new.target !== Permit) throw forged();
    this.#action = action;
    this.#isFresh = isFresh;
    Object.freeze(this);
  }

  /** What it is for. Reading it is no use of it. */
  get action(): Action {
    return this.#action;
  }

  /**
   * The action of a permit, once. Static: a look-alike would bring methods of its own.
   *
   * @throws {FelhomError} `permit.forged`, `permit.spent`, `permit.expired`
   */
  static spend(permit: object): Action {
    if (!(#action in permit)) throw forged();
    if (permit.#spent) {
      throw new FelhomError("permit.spent", "Cannot use the permit again: it was used", {
        hint: "Ask the gate for another one.",
      });
    }
    permit.#spent = true;
    if (permit.#isFresh()) {
      permit.#redeemed = true;
      return permit.#action;
    }
    throw new FelhomError("permit.expired", `Cannot use the permit for ${permit.#action.kind}`, {
      hint: "It has expired; ask the gate for another one.",
    });
  }

  /** Makes a permit useless. @returns whether nothing was ever done on it */
  static retire(permit: Permit): boolean {
    permit.#spent = true;
    return !permit.#redeemed;
  }

  static {
    Object.freeze(Permit.prototype);
    Object.freeze(Permit);
  }
}

/**
 * Uses up a permit. What carries out mutations begins with this.
 *
 * @param permit whatever was handed in: nothing is believed of it
 * @param kind what is about to be done
 * @returns the action, frozen, and nothing else may be done than what it says
 * @throws {FelhomError} `permit.forged`, `permit.spent`, `permit.expired`, `permit.other`
 */
export function redeem<Kind extends ActionKind>(permit: unknown, kind: Kind): ActionOf<Kind> {
  if (typeof permit !== "object" || permit === null) throw forged();
  const action = Permit.spend(permit);
  if (isOf(action, kind)) return action;
  throw new FelhomError("permit.other", `Cannot do ${kind} on a permit for ${action.kind}`);
}

function isOf<Kind extends ActionKind>(action: Action, kind: Kind): action is ActionOf<Kind> {
  return action.kind === kind;
}

function forged(): FelhomError {
  return new FelhomError("permit.forged", "Cannot do anything on this: the gate did not make it");
}
