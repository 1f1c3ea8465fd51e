import { type Action, type Intent, readAction } from "../action/mod.ts";
import {
  authoriseOperation,
  type GatedAction,
  goodKeys,
  type HostFacts,
  type LiveTarget,
  openOperation,
  recheckOperation,
  type Submission,
  type VerifiedOperation,
  verifyOperation,
} from "../authz/mod.ts";
import type { Clock } from "../clock.ts";
import { type ErrorCode, FelhomError } from "../errors.ts";
import { type Authorisation, type Door, isIrreversible, type Said } from "./audit_record.ts";
import { decide } from "./decide.ts";
import { type Decision, type Refusal, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { MINT, Permit } from "./mint.ts";
import { POLICY, type Policy } from "./policy.ts";
import type { Ports } from "./ports.ts";
import { liveTarget } from "./target.ts";
import { isOffered, wishOf } from "./wish.ts";

export type { Permit } from "./mint.ts";
export { redeem } from "./mint.ts";

export interface GateOptions {
  readonly clock: Clock;
  /** What the life of a permit goes by. @default `clock` */
  readonly permitClock?: Clock;
  /** @default POLICY */
  readonly policy?: Policy;
  /** How long a permit can be redeemed, milliseconds. @default two minutes */
  readonly permitLife?: number;
}

/** What the gate answers. Only one of the answers carries a permit. */
export type Answer =
  | { readonly outcome: "permitted"; readonly permit: Permit }
  /** The signatures hold and the operation is recorded; its permit is given when it is sent. */
  | { readonly outcome: "authorised"; readonly authorisation: Authorisation }
  | {
    readonly outcome: "pending_signature";
    readonly why: string;
    /** Whether an operator finds it among the pending operations. */
    readonly kept: "added" | "known" | "dropped" | "not_offered" | "failed";
  }
  | {
    readonly outcome: "refused";
    readonly code: Refusal | ErrorCode;
    readonly why: string;
  };

/** What is being decided. The action is read once: what a caller does to it later changes nothing. */
interface Matter {
  readonly door: Door;
  readonly intent: Intent;
  readonly facts: Facts;
  /** The action of the intent, frozen; null when that is none. */
  readonly action: Action | null;
  readonly target: LiveTarget;
}

type Refused = Extract<Decision, { outcome: "refused" }>;
type Allowed = Extract<Decision, { outcome: "allowed" }>;

/**
 * The one way to a permit.
 *
 * INVARIANTS
 * - A permit is made after the decision that allows it was taken here, by these facts, and written
 *   to the audit log; for a destructive action, after its signatures were verified here as well.
 * - Whatever fails, no permit is made.
 * - What cannot be undone is refused when it cannot be written down. Other benign work goes on, with
 *   an alarm: the audit log is a signal and never the guard, and the journal, which is one, lets
 *   nothing out by itself that it could not write (DESIGN, section 7).
 * - A broken audit chain raises an alarm, and opens and closes nothing.
 * - An authorised operation has one permit, until who holds it gives it back; after a crash the
 *   journal knows whether it was started.
 */
export class Gate {
  readonly #ports: Ports;
  readonly #clock: Clock;
  readonly #permitClock: Clock;
  readonly #policy: Policy;
  readonly #permitLife: number;
  /** The permit of each operation that was given one. */
  readonly #dispatched = new Map<string, Permit>();

  constructor(ports: Ports, options: GateOptions) {
    const { clock, permitClock = clock, policy = POLICY, permitLife = 120_000 } = options;
    this.#ports = ports;
    this.#clock = clock;
    this.#permitClock = permitClock;
    this.#policy = policy;
    this.#permitLife = permitLife;
  }

  /** Asks for a permit without a signature: benign work gets one, destructive work waits for one. */
  ask(intent: Intent, facts: Facts): Answer {
    const matter = this.#matter("ask", intent, facts);
    const decision = this.#decide(matter, { signed: false });
    switch (decision.outcome) {
      case "allowed":
        return this.#permit(matter, decision, null);
      case "pending_signature":
        this.#record(matter, { outcome: "pending_signature", why: decision.why }, null);
        return {
          outcome: "pending_signature",
          why: decision.why,
          kept: this.#keep(matter, decision.why),
        };
      case "refused":
        return this.#denied(matter, decision);
    }
  }

  /**
   * Takes a signed document for what `intent` says. When all of it holds, the operation is recorded
   * as authorised, its nonce used up and the audit written, in one transaction. Signatures come
   * first: who cannot sign learns nothing about the guests.
   */
  authorise(intent: Intent, submission: Submission, facts: Facts): Answer {
    const matter = this.#matter("authorise", intent, facts);
    try {
      const verified = verifyOperation(submission, this.#hostFacts(matter), gatedAction(matter));
      const decision = this.#decide(matter, { signed: true });
      if (decision.outcome !== "allowed") return this.#denied(matter, decision);
      return this.#ports.transaction(() => this.#authorised(matter, decision, verified));
    } catch (error) {
      return this.#failed(matter, error);
    }
  }

  /**
   * Asks for the permit of an authorised operation, right before it is sent. Everything is looked at
   * again: the stored document, the guest it names, the time, the signers.
   *
   * @param operation its id in the journal
   */
  dispatch(operation: string, intent: Intent, facts: Facts): Answer {
    const matter = this.#matter("dispatch", intent, facts);
    if (this.#dispatched.has(operation)) return this.#denied(matter, refuse("already_dispatched"));
    try {
      const stored = this.#ports.operations.stored(operation);
      const verified = recheckOperation(stored, this.#hostFacts(matter), gatedAction(matter));
      const decision = this.#decide(matter, { signed: true });
      if (decision.outcome !== "allowed") return this.#denied(matter, decision);
      const answer = this.#permit(matter, decision, told(operation, verified));
      if (answer.outcome === "permitted") this.#dispatched.set(operation, answer.permit);
      return answer;
    } catch (error) {
      return this.#failed(matter, error);
    }
  }

  /**
   * Verifies again what was stored of an authorised operation, its guest apart: nothing is let
   * through by that, and nothing is written.
   *
   * @param operation its id in the journal
   * @returns why it does not hold now; `undefined` when it does
   */
  review(
    operation: string,
    { stateBehind }: Pick<HostFacts, "stateBehind">,
  ): { readonly code: ErrorCode; readonly why: string } | undefined {
    try {
      const stored = this.#ports.operations.stored(operation);
      openOperation(stored, { ...this.#ports.signing(), now: this.#clock.now(), stateBehind });
      return undefined;
    } catch (error) {
      if (!(error instanceof FelhomError)) throw error;
      return { code: error.code, why: error.message };
    }
  }

  /**
   * The keys of those who signed a document and may sign, whatever becomes of it otherwise. Nothing is
   * let through by that, and nothing is written.
   */
  signedBy(submission: Submission): readonly string[] {
    try {
      const signing = { ...this.#ports.signing(), now: this.#clock.now(), stateBehind: false };
      return goodKeys(submission, signing);
    } catch (error) {
      // The signers in force cannot be used: nobody signs.
      if (error instanceof FelhomError) return [];
      throw error;
    }
  }

  /**
   * Gives a permit back with which nothing was begun: the guest was locked, say. It is of no use any
   * more, and the operation may be dispatched again, if the journal still has it as authorised. One
   * that was redeemed is not taken back: what it was for may be under way.
   *
   * @returns whether it was this operation's permit, and unused
   */
  giveBack(operation: string, permit: Permit): boolean {
    if (this.#dispatched.get(operation) !== permit) return false;
    if (!Permit.retire(permit)) return false;
    this.#dispatched.delete(operation);
    return true;
  }

  /** Uses up the nonce, records the operation and writes the audit: all in one, or nothing. */
  #authorised(matter: Matter, { ground }: Allowed, verified: VerifiedOperation): Answer {
    const { operations } = this.#ports;
    const operation = authoriseOperation(verified, {
      transaction: (work) => work(),
      usedBy: (nonce) => operations.usedBy(nonce),
      record: (signed) => operations.record(signed, matter.intent),
    });
    const authorisation = told(operation, verified);
    if (!this.#record(matter, { outcome: "authorised", ground }, authorisation)) {
      throw new Unwritten();
    }
    return { outcome: "authorised", authorisation };
  }

  #matter(door: Door, intent: Intent, given: Facts): Matter {
    const facts = { ...given, now: this.#clock.now() };
    const read = readAction(intent.action);
    const action = read.ok ? read.action : null;
    const fixed = action === null ? intent : { ...intent, action };
    return { door, intent: fixed, facts, action, target: liveTarget(facts) };
  }

  #hostFacts({ facts }: Matter): HostFacts {
    const stateBehind = facts.journal !== "current";
    return { ...this.#ports.signing(), now: facts.now, stateBehind };
  }

  #decide({ intent, facts }: Matter, { signed }: { readonly signed: boolean }): Decision {
    return decide(intent, facts, { policy: this.#policy, signed });
  }

  #permit(matter: Matter, { ground }: Allowed, authorisation: Authorisation | null): Answer {
    const { action } = matter;
    if (action === null) return this.#denied(matter, refuse("malformed"));
    const written = this.#record(matter, { outcome: "permitted", ground }, authorisation);
    if (!written && (isIrreversible(action) || authorisation !== null)) {
      return answerOf(refuse("audit_unwritable"));
    }
    const until = this.#permitClock.monotonic() + this.#permitLife;
    const permit = new Permit(MINT, action, () => this.#permitClock.monotonic() < until);
    return { outcome: "permitted", permit };
  }

  #denied(matter: Matter, decision: Exclude<Decision, Allowed>): Answer {
    // Nothing waits for a signature once it is signed.
    const refused = decision.outcome === "refused" ? decision : refuse("not_signable");
    this.#record(matter, refused, null);
    return answerOf(refused);
  }

  /** What the verification threw. Only what it knows is an answer; a bug is nobody's refusal. */
  #failed(matter: Matter, error: unknown): Answer {
    if (error instanceof Unwritten) return answerOf(refuse("audit_unwritable"));
    if (!(error instanceof FelhomError)) throw error;
    const { code, message: why } = error;
    this.#record(matter, { outcome: "refused", code, why }, null);
    return { outcome: "refused", code, why };
  }

  /** @returns whether it is on the disk */
  #record(matter: Matter, said: Said, authorisation: Authorisation | null): boolean {
    try {
      const { door, intent, facts: { now: at }, action, target } = matter;
      const record = { ...intent, at, door, said, action, target, authorisation };
      const chain = this.#ports.audit.append(record);
      if (chain === "broken") this.#ports.alarm({ kind: "audit_broken" });
      return true;
    } catch (cause) {
      this.#ports.alarm({ kind: "audit_unwritten", cause });
      return false;
    }
  }

  #keep(matter: Matter, risk: string): Extract<Answer, { outcome: "pending_signature" }>["kept"] {
    const { action, target, facts: { now: at }, intent } = matter;
    if (action === null || !isOffered(action)) return "not_offered";
    const ports = this.#ports;
    try {
      const options = { at, risk, signing: ports.signing(), random: ports.random(10) };
      return ports.pending.add(wishOf(intent, { action, target }, options));
    } catch (cause) {
      // No document can say it (too long, say), so nobody could sign it: no matter for an alarm.
      if (cause instanceof FelhomError && cause.code.startsWith("authz.")) return "not_offered";
      ports.alarm({ kind: "pending_unkept", cause });
      return "failed";
    }
  }
}

/** Rolls back the transaction in which the audit could not be written. */
class Unwritten extends Error {}

/** @throws {FelhomError} `authz.malformed` */
function gatedAction({ action, target }: Matter): GatedAction {
  if (action !== null) return { action, target };
  throw new FelhomError("authz.malformed", "Cannot hold a document against what is no action");
}

/** What the audit says of whose signatures an operation runs on. */
function told(
  operation: string,
  { document, signedBy, expiresAt }: VerifiedOperation,
): Authorisation {
  const signers = signedBy.map(({ principals, keyDigest }) => ({ principals, key: keyDigest }));
  return { operation, nonce: document.nonce, expiresAt, signers };
}

function answerOf({ code, why }: Refused): Answer {
  return { outcome: "refused", code, why };
}
