import * as z from "zod";
import {
  type Action,
  type ActionKind,
  canonicalAction,
  type Intent,
  readAction,
} from "../../action/mod.ts";
import { loadVerifiers, parseDocument, parseUtcSeconds, type Submission } from "../../authz/mod.ts";
import { type ErrorCode, FelhomError } from "../../errors.ts";
import type { Answer, Facts } from "../../gate/mod.ts";
import type { Operation } from "../../state/mod.ts";
import type { Taken } from "../commands/commands.ts";
import { evidenceOf } from "../settling/stored_wish.ts";
import { giveUpOver } from "../settling/unsigned_waiting.ts";
import type { Lane } from "../queue/lane.ts";
import type { Work } from "../work.ts";
import { recordRefusal } from "./record_refusal.ts";

/** Operations of one lane that may wait at once: a flood of wishes is not kept. */
const MOST_WAITING = 16;

const wishSchema = z.strictObject({
  action: z.unknown(),
  /** Why, for audit and journal. */
  why: z.string().min(1).max(500),
  /** When it is wanted no more, as a document says it. */
  expires: z.string().optional(),
});

/** Makes guests: what goes wrong half-way is made undone, so it takes a transaction. */
const MAKES_A_GUEST: ReadonlySet<ActionKind> = new Set([
  "guest.create",
  "guest.restore_over",
  "golden.create",
]);

/**
 * Takes wishes for single actions: what the gate lets through is written to the journal as
 * authorised, and carried out by whoever works on its guest. Nothing is sent from here.
 */
export class Intake {
  readonly #work: Work;
  readonly #wake: (lane: Lane) => void;

  /** @param wake told when there is something to do */
  constructor(work: Work, wake: (lane: Lane) => void) {
    this.#work = work;
    this.#wake = wake;
  }

  /**
   * Takes a signed document. Without a signature it is a wish, which waits for one.
   *
   * @throws {FelhomError} `authz.*` for what is no document; `proxmox.*` when the host cannot be read
   */
  async submit(submission: Submission, signal: AbortSignal): Promise<Taken> {
    const { action, document } = parseDocument(submission.document);
    const why = document.reason;
    if (submission.signatures.length === 0) {
      const expiresAt = expiryOf(document.expires);
      return await this.#ask(action, { why, reference: document.nonce, expiresAt, signal });
    }
    await loadVerifiers(submission.signatures);
    const facts = await this.#work.facts(action, signal);
    const intent = this.#intent(action, facts, { why, reference: document.nonce });
    const answer = this.#work.gate.authorise(intent, submission, facts);
    // A crash may have left the wish that was signed: nothing comes of its document any more.
    const isUsed = answer.outcome === "refused" && answer.code === "authz.replayed";
    if (answer.outcome === "authorised" || isUsed) this.#forgetWish(submission.document);
    if (answer.outcome !== "authorised") return denied(answer);
    return this.#taken(action, answer.authorisation.operation);
  }

  /**
   * Takes `{"action": {…}, "why": "…"}`, as a hub would say it.
   *
   * @throws {FelhomError} `request.invalid`; `proxmox.*` when the host cannot be read
   */
  async request(wish: unknown, signal: AbortSignal): Promise<Taken> {
    const read = wishSchema.safeParse(wish);
    if (!read.success) {
      throw new FelhomError("request.invalid", `Cannot take the wish: ${problems(read.error)}`, {
        hint: 'It is a JSON object: {"action": {"kind": …, "guest": …, "params": …}, "why": "…"}.',
      });
    }
    const { why, expires } = read.data;
    const expiresAt = expires === undefined ? undefined : expiryOf(expires);
    if (expiresAt !== undefined && expiresAt <= this.#work.clock.now()) {
      throw new FelhomError(
        "request.invalid",
        `Cannot take the wish: its time was over ${expires}`,
        {
          hint: "Ask again, with a later time in expires, and look at this host's clock.",
        },
      );
    }
    const action = readAction(read.data.action);
    if (!action.ok) {
      const refused = { code: action.fault, why: action.message };
      recordRefusal(this.#work, { kind: "request.refused", ...refused, about: { said: why } });
      return { outcome: "refused", ...refused };
    }
    return await this.#ask(action.action, { why, reference: "request", expiresAt, signal });
  }

  async #ask(
    action: Action,
    { why, reference, expiresAt, signal }: {
      readonly why: string;
      readonly reference: string;
      readonly expiresAt: number | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Taken> {
    const same = giveUpOver(this.#work, this.#waiting(action))
      .find((operation) => isSame(operation, action));
    if (same !== undefined) return this.#taken(action, same.id);
    const facts = await this.#work.facts(action, signal);
    const intent = this.#intent(action, facts, { why, reference });
    const answer = this.#work.gate.ask(intent, this.#work.claims.less(facts));
    if (answer.outcome !== "permitted") return denied(answer);
    // Its permit is not kept: whoever carries it out asks anew, by what holds then.
    const { transaction } = intent;
    const waiting = this.#waiting(action);
    if (waiting.length >= MOST_WAITING) {
      return {
        outcome: "refused",
        code: "too_many_waiting",
        why: `${waiting.length} operations wait there already; ask again later.`,
      };
    }
    const id = this.#work.newId();
    this.#work.state.operations.authorise({
      id,
      transaction,
      vmid: action.guest,
      action,
      origin: "job",
      evidence: evidenceOf(expiresAt === undefined ? intent : { ...intent, expiresAt }),
      at: this.#work.clock.now(),
    });
    this.#work.lifetimes.admit(id);
    return this.#taken(action, id);
  }

  /** Operations of the same lane that have not begun. */
  #waiting(action: Action): Operation[] {
    return this.#work.state.operations.unfinishedOf(action.guest)
      .filter(({ state }) => state === "authorised");
  }

  #intent(
    action: Action,
    facts: Facts,
    { why, reference }: { readonly why: string; readonly reference: string },
  ): Intent {
    const { place } = facts;
    return {
      action,
      origin: "job",
      source: "control socket",
      reference,
      transaction: MAKES_A_GUEST.has(action.kind) ? this.#work.newId() : null,
      evidence: {
        why,
        digest: place.kind === "here" ? place.guest.config?.digest ?? null : null,
        observedAt: this.#work.clock.now(),
      },
    };
  }

  #taken(action: Action, operation: string): Taken {
    this.#wake(action.guest ?? "host");
    return { outcome: "authorised", operation, vmid: action.guest };
  }

  /** What was signed waits for a signature no longer. */
  #forgetWish(document: Uint8Array): void {
    const { state, clock } = this.#work;
    const text = new TextDecoder().decode(document);
    for (const wish of state.pending.list(clock.now())) {
      if (wish.document === text) state.pending.remove(wish.id);
    }
  }
}

function isSame({ action }: Operation, wanted: Action): boolean {
  const read = readAction(action);
  return read.ok && canonicalAction(read.action) === canonicalAction(wanted);
}

function denied(answer: Exclude<Answer, { outcome: "permitted" | "authorised" }>): Taken;
function denied(answer: Answer): Taken;
function denied(answer: Answer): Taken {
  switch (answer.outcome) {
    case "pending_signature":
      return { outcome: "pending_signature", why: answer.why, kept: answer.kept };
    case "refused":
      return { outcome: "refused", code: answer.code, why: answer.why };
    case "permitted":
    case "authorised":
      throw new FelhomError("internal.bug", `Cannot refuse what the gate has ${answer.outcome}`);
    default:
      return answer satisfies never;
  }
}

/** @throws {FelhomError} `request.invalid` */
function expiryOf(text: string): number {
  const at = parseUtcSeconds(text);
  if (at !== undefined) return at;
  throw new FelhomError("request.invalid", "Cannot take the wish: expires is no time", {
    hint: "It is written as 2026-11-20T10:00:00Z.",
  });
}

function problems(error: z.ZodError): string {
  return error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`
  ).join("; ");
}

/** Codes with which a wish is refused here, beside the gate's own. */
export type IntakeRefusal = Extract<ErrorCode, "request.invalid"> | "too_many_waiting";
