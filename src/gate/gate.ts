import { type Action, type Intent, readAction } from "../action/mod.ts";
import type { Clock } from "../clock.ts";
import { type ErrorCode, FelhomError } from "../errors.ts";
import { type AuditRecord, type Door, isIrreversible, type Said } from "./audit_record.ts";
import { decide } from "./decide.ts";
import { type Decision, type Refusal, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { MINT, Permit } from "./mint.ts";
import { POLICY, type Policy } from "./policy.ts";
import type { Authorisation, Binding, LiveTarget, Ports, Submission } from "./ports.ts";
import { liveIdentityDigest } from "./provenance.ts";
import { isOffered, wishOf } from "./wish.ts";

export type { Permit } from "./mint.ts";
export { redeem } from "./mint.ts";

export interface GateOptions {
  readonly clock: Clock;
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

/** What is being decided. Read once: what a caller does to its objects meanwhile changes nothing. */
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
 * - An authorised operation has one permit in the life of the process; after a crash the journal
 *   knows whether it was started.
 */
export class Gate {
  readonly #ports: Ports;
  readonly #clock: Clock;
  readonly #policy: Policy;
  readonly #permitLife: number;
  readonly #dispatched = new Set<string>();

  constructor(ports: Ports, { clock, policy = POLICY, permitLife = 120_000 }: GateOptions) {
    this.#ports = ports;
    this.#clock = clock;
    this.#policy = policy;
    this.#permitLife = permitLife;
  }

  /** Asks for a permit without a signature: benign work gets one, destructive work waits for one. */
  ask(intent: Intent, facts: Facts): Answer {
    const matter = matterOf("ask", intent, facts);
    const decision = this.#decide(matter, { signed: false });
    switch (decision.outcome) {
      case "allowed":
        return this.#permit(matter, decision, null);
      case "pending_signature":
        this.#record(matter, { outcome: "pending_signature", why: decision.why }, null);
        return { outcome: "pending_signature", why: decision.why, kept: this.#keep(matter) };
      case "refused":
        return this.#refused(matter, decision);
    }
  }

  /**
   * Takes a signed document for what `intent` says. When all of it holds, the operation is recorded
   * as authorised, its nonce used up and the audit written, in one transaction.
   */
  authorise(intent: Intent, submission: Submission, facts: Facts): Answer {
    const matter = matterOf("authorise", intent, facts);
    const decision = this.#decideSigned(matter);
    if (decision.outcome === "refused") return this.#refused(matter, decision);
    const { ground, binding } = decision;
    try {
      return this.#ports.transaction(() => {
        const authorisation = this.#ports.authoriser.authorise(submission, binding);
        if (!this.#record(matter, { outcome: "authorised", ground }, authorisation)) {
          throw new Unwritten();
        }
        return { outcome: "authorised", authorisation };
      });
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
    const matter = matterOf("dispatch", intent, facts);
    if (this.#dispatched.has(operation)) return this.#refused(matter, refuse("already_dispatched"));
    const decision = this.#decideSigned(matter);
    if (decision.outcome === "refused") return this.#refused(matter, decision);
    let authorisation: Authorisation;
    try {
      authorisation = this.#ports.authoriser.recheck(operation, decision.binding);
    } catch (error) {
      return this.#failed(matter, error);
    }
    const answer = this.#permit(matter, decision, authorisation);
    if (answer.outcome === "permitted") this.#dispatched.add(operation);
    return answer;
  }

  #decide({ intent, facts }: Matter, { signed }: { readonly signed: boolean }): Decision {
    return decide(intent, facts, { policy: this.#policy, signed });
  }

  /** What would be said if the signatures held, with what they have to be on. */
  #decideSigned(matter: Matter): Refused | Allowed & { readonly binding: Binding } {
    const decision = this.#decide(matter, { signed: true });
    if (decision.outcome === "refused") return decision;
    const binding = bindingOf(matter);
    if (decision.outcome !== "allowed" || binding === null) return refuse("not_signable");
    return { ...decision, binding };
  }

  #permit(matter: Matter, { ground }: Allowed, authorisation: Authorisation | null): Answer {
    const { action } = matter;
    if (action === null) return this.#refused(matter, refuse("malformed"));
    const written = this.#record(matter, { outcome: "permitted", ground }, authorisation);
    if (!written && (isIrreversible(action) || authorisation !== null)) {
      return answerOf(refuse("audit_unwritable"));
    }
    const until = this.#clock.monotonic() + this.#permitLife;
    const permit = new Permit(MINT, action, () => this.#clock.monotonic() < until);
    return { outcome: "permitted", permit };
  }

  #refused(matter: Matter, decision: Refused): Answer {
    this.#record(matter, decision, null);
    return answerOf(decision);
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
      const chain = this.#ports.audit.append(recordOf(matter, said, authorisation));
      if (chain === "broken") this.#ports.alarm({ kind: "audit_broken" });
      return true;
    } catch (cause) {
      this.#ports.alarm({ kind: "audit_unwritten", cause });
      return false;
    }
  }

  #keep(matter: Matter): Extract<Answer, { outcome: "pending_signature" }>["kept"] {
    const binding = bindingOf(matter);
    if (binding === null || !isOffered(binding)) return "not_offered";
    const { pending, documents } = this.#ports;
    try {
      return pending.add(wishOf(matter.intent, binding, { documents, at: matter.facts.now }));
    } catch (cause) {
      this.#ports.alarm({ kind: "pending_unkept", cause });
      return "failed";
    }
  }
}

/** Rolls back the transaction in which the audit could not be written. */
class Unwritten extends Error {}

/** Whom the facts are about, as a signed document names it. */
export function liveTarget(facts: Facts): LiveTarget {
  const { place, subject } = facts;
  return {
    guest: subject,
    name: place.kind === "here" ? place.guest.name : null,
    identity: liveIdentityDigest(facts),
  };
}

function matterOf(door: Door, intent: Intent, facts: Facts): Matter {
  const read = readAction(intent.action);
  const action = read.ok ? read.action : null;
  const fixed = action === null ? intent : { ...intent, action };
  return { door, intent: fixed, facts, action, target: liveTarget(facts) };
}

function bindingOf({ action, target }: Matter): Binding | null {
  return action === null ? null : { action, target };
}

function recordOf(
  { door, intent, facts, action, target }: Matter,
  said: Said,
  authorisation: Authorisation | null,
): AuditRecord {
  const { origin, source, reference, transaction, evidence } = intent;
  return {
    at: facts.now,
    door,
    said,
    action,
    origin,
    source,
    reference,
    transaction,
    evidence,
    target,
    authorisation,
  };
}

function answerOf({ code, why }: Refused): Answer {
  return { outcome: "refused", code, why };
}
