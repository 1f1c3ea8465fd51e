import { printable } from "../../log/printable.ts";
import { type Shortage, SHORTAGE_WORDS } from "../../state/mod.ts";
import type { EngineReport } from "../commands/commands.ts";
import type { Told } from "../plan/guest_plan.ts";
import type { GuestRecord, LastStep } from "./guest_record.ts";
import type { Holder, Waiting } from "./lanes.ts";
import { timeInWords } from "./time_in_words.ts";

/** All that decides what a guest waits for. */
export interface Situation {
  readonly vmid: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly phase: EngineReport["phase"];
  /** Why nothing signed is done; null when it is. */
  readonly doubt: string | null;
  /** What keeps new work from beginning; null when nothing does. */
  readonly shortage: Shortage | null;
  /** Why the last pass failed; null when it did not, or there was none yet. */
  readonly passProblem: string | null;
  /** Milliseconds until the next pass; null while one is under way. */
  readonly nextPassInMs: number | null;
  /** Whether the agent may touch this VMID. */
  readonly managed: boolean;
  /** Whether a desired state names it; null when that cannot be read. */
  readonly desired: boolean | null;
  /** What the ledger knows; undefined when it is not desired, or no pass saw that it is. */
  readonly record: GuestRecord | undefined;
  /** Milliseconds until drift may be worked on again; null when it may be, or never in this revision. */
  readonly nextTryInMs: number | null;
  readonly holder: Holder | null;
  /** What kept the last visit from getting on with work that is no drift; null when nothing did. */
  readonly obstacle: string | null;
  readonly waiting: Waiting | null;
  /** The oldest operation of the journal that is authorised and not begun; null when there is none. */
  readonly authorised: Authorised | null;
  /** The last request for the guest, where it was given up and never sent; null when it was not. */
  readonly givenUp: GivenUp | null;
}

/** A request that came to nothing. */
export interface GivenUp {
  /** `guest.stop`. */
  readonly kind: string;
  /** Its id in the journal. */
  readonly operation: string;
  /** One sentence; null when the journal does not say. */
  readonly why: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** An operation that has all it needs but its turn. */
export interface Authorised {
  /** `guest.destroy`. */
  readonly kind: string;
  /** Its id in the journal. */
  readonly operation: string;
  readonly signed: boolean;
}

/**
 * What a guest waits for, in one sentence: that first, then what is known of revision, last step, next
 * try and place in the queue. It ends in a full stop and has no other; what cannot be seen is shown as
 * an escape. Pure.
 */
export function why(situation: Situation): string {
  const facts = factsOf(situation);
  const behind = facts.length === 0 ? "" : ` (${facts.join("; ")})`;
  return `Guest ${situation.vmid} ${headOf(situation)}${behind}.`;
}

/** What stands in the way first; the rest follows only when that is gone. */
function headOf(situation: Situation): string {
  const { phase, holder, authorised, obstacle, managed, desired, record } = situation;
  if (holder !== null) {
    const doing = holder.doing === null ? "being looked at" : `worked on: ${clause(holder.doing)}`;
    return `is ${doing}, for ${timeInWords(holder.forMs)}`;
  }
  if (phase === "recovering") return "waits until recovery has tied up what a crash left behind";
  if (phase === "draining") return "waits for the next start: the agent is being stopped";
  if (authorised !== null) return waitsForTurn(authorised, situation);
  if (obstacle !== null) return `waits with what was begun: ${clause(obstacle)}`;
  if (!managed) return "is left alone: it is not among the managed VMIDs";
  if (desired === false) return "is left alone: no desired state names it";
  if (record !== undefined && record.quarantinedSince !== null) {
    return `waits for a new revision: this one failed ${record.counted} times and is in quarantine`;
  }
  if (record?.converged === true && situation.passProblem === null) return "is as desired";
  return waitsForHost(situation) ?? waitsForItself(situation);
}

function waitsForTurn(
  { kind, operation, signed }: Authorised,
  { doubt, shortage, obstacle, waiting }: Situation,
): string {
  const what = `${signed ? "signed " : ""}${clause(kind)} (operation ${clause(operation)})`;
  if (signed && doubt !== null) {
    return `waits with its ${what} for "state ack": the state is in doubt, ${clause(doubt)}`;
  }
  if (shortage !== null && !(signed && SHORTAGE_WORDS[shortage].signedBegins)) {
    return `waits with its ${what} for room: ${SHORTAGE_WORDS[shortage].why}`;
  }
  if (obstacle !== null) return `waits with its ${what}: ${clause(obstacle)}`;
  return `waits for ${waiting === null ? "the next pass" : "a worker"} to do its ${what}`;
}

/** What stands in the way of every guest of the host; null when nothing does. */
function waitsForHost(
  { shortage, passProblem, nextPassInMs, desired }: Situation,
): string | null {
  if (shortage !== null) return `waits for room: ${SHORTAGE_WORDS[shortage].why}`;
  if (passProblem === null) return null;
  const what = desired === null
    ? "a desired state that can be read, which is looked at again"
    : "Proxmox, which is asked again";
  const next = nextPassInMs === null ? "now" : `in ${timeInWords(nextPassInMs)}`;
  return `waits for ${what} ${next}: the last pass failed, ${clause(passProblem)}`;
}

function waitsForItself({ record, nextTryInMs, waiting }: Situation): string {
  if (record === undefined) return "waits for the first pass: it was not looked at yet";
  if (nextTryInMs !== null) return "waits for its next try";
  for (const told of record.told) {
    const waits = waitsForSomebody(told);
    if (waits !== null) return waits;
  }
  if (waiting !== null) return "waits for a worker";
  return "waits for the next pass to look at it";
}

/** What the agent does nothing about; null when the guest is as desired all the same. */
function waitsForSomebody({ code, message }: Told): string | null {
  const says = clause(message);
  switch (code) {
    case "needs_restart":
      return `waits for a restart by somebody else: ${says}`;
    case "locked":
      return `waits for a lock of Proxmox's: ${says}`;
    case "not_there":
      return `waits to be made by somebody: ${says}`;
    case "unreadable":
      return `is looked after in part: ${says}`;
    case "template":
    case "not_managed":
      return `is left alone: ${says}`;
    case "pending_elsewhere":
      return null;
    default:
      return code satisfies never;
  }
}

/** What there is to know beside. */
function factsOf(
  { now, record, nextTryInMs, holder, waiting, givenUp }: Situation,
): string[] {
  const facts: string[] = [];
  if (record !== undefined) {
    facts.push(`revision "${clause(record.of.revision)}" of ${clause(record.of.provider)}`);
    if (record.last !== null) facts.push(lastStep(record.last, now));
    if (nextTryInMs !== null) facts.push(`next try in ${timeInWords(nextTryInMs)}`);
  }
  if (waiting !== null) {
    const delay = waiting.dueInMs > 0 ? `, due in ${timeInWords(waiting.dueInMs)}` : "";
    const again = holder !== null ? " again" : "";
    facts.push(`queued${again} for ${timeInWords(waiting.forMs)}${delay}`);
  }
  if (givenUp !== null) facts.push(lastRequest(givenUp, now));
  return facts;
}

function lastRequest({ kind, operation, why, at }: GivenUp, now: number): string {
  const reason = why === null ? "" : `, ${clause(why)}`;
  const which = `${clause(kind)} (operation ${clause(operation)})`;
  return `last request: ${which}, given up ${timeInWords(now - at)} ago${reason}`;
}

function lastStep({ step, at, problem }: LastStep, now: number): string {
  const ended = problem === null ? "succeeded" : `failed, ${clause(problem)}`;
  return `last step: ${clause(step)}, ${timeInWords(now - at)} ago, ${ended}`;
}

/** Text made to stand inside a sentence: of one line, small at its beginning, no full stop. */
function clause(text: string): string {
  const line = printable(text.trim().replaceAll(/\s+/g, " "));
  return line
    .replace(/[.!?;:,\s]+$/, "")
    .replaceAll(/[.!?] (?=\p{Lu})/gu, "; ")
    .replace(/^(?:It|Its|The|This|No|Cannot)\b/, (word) => word.toLowerCase());
}
