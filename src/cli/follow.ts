import { convergence, guestsAtWork, transactionReport } from "../control/answers.ts";
import { operationStory } from "../control/journal.ts";
import type { OperationStory } from "../control/journal.ts";
import type {
  Convergence,
  TransactionReport,
  WaitingGuest,
} from "../reconcile/commands/commands.ts";
import { isFinal } from "../state/mod.ts";
import type { Ask } from "./daemon_link.ts";
import { poll, type PollOptions } from "./poll.ts";

export interface FollowOptions extends Omit<PollOptions, "onSilence"> {
  /** Takes a line of progress, without its end. */
  readonly say: (line: string) => void;
}

/**
 * Waits for the end of an operation, telling each of its transitions.
 *
 * @returns how it ended; undefined when the signal ended the waiting
 */
export async function followOperation(
  ask: Ask,
  operation: string,
  options: FollowOptions,
): Promise<OperationStory | undefined> {
  let told = 0;
  const question = { op: "operation", operation } as const;
  for await (const story of polled(() => ask(question, operationStory), options)) {
    for (const { state, at, upid } of story.transitions.slice(told)) {
      const task = upid === null ? "" : ` (${upid})`;
      options.say(`${new Date(at).toISOString()} ${story.kind}: ${words(state)}${task}`);
    }
    told = story.transitions.length;
    if (isFinal(story.state)) return story;
  }
  return undefined;
}

/**
 * Waits for the end of a transaction, telling of each step where it stands.
 *
 * @returns how it ended; undefined when the signal ended the waiting
 */
export async function followTransaction(
  ask: Ask,
  transaction: string,
  options: FollowOptions,
): Promise<TransactionReport | undefined> {
  const told = new Map<string, string>();
  const question = { op: "transaction", transaction } as const;
  for await (const report of polled(() => ask(question, transactionReport), options)) {
    for (const { operation, kind, state, compensates, why } of report.steps) {
      if (told.get(operation) === state) continue;
      told.set(operation, state);
      const undoing = compensates === null ? "" : " (undoing)";
      options.say(`${kind}${undoing}: ${words(state)}${why === null ? "" : `: ${why}`}`);
    }
    // One that cannot be made undone stays open, and says why.
    if (report.outcome !== "open" || report.problem !== null) return report;
  }
  return undefined;
}

/** How often in a row nobody may be at work on a guest before it is taken as left. */
const QUIET = 2;

/** How a desired revision ended, as far as anybody waits for it. */
export interface Settled {
  readonly report: Convergence;
  /** Guests that are not as desired, and will not be so without somebody doing something. */
  readonly left: readonly WaitingGuest[];
}

/**
 * Waits until every guest of a revision is as desired, in quarantine, or told to be left as it is
 * with no step left to do, be it one that waits for its next try; or until another revision takes its
 * place.
 *
 * @returns undefined when the signal ended the waiting
 */
export async function followConvergence(
  ask: Ask,
  revision: string,
  options: FollowOptions,
): Promise<Settled | undefined> {
  let last = "";
  let quiet = 0;
  for await (const report of polled(() => ask({ op: "convergence" }, convergence), options)) {
    const left = leftOf(report);
    const line = `${report.converged} of ${report.guests} guests as desired` +
      (left.length === 0 ? "" : `, ${left.length} left`);
    if (line !== last) options.say(line);
    last = line;
    if (report.revision !== revision || report.waiting.length === 0) return { report, left };
    if (left.length < report.waiting.length) {
      quiet = 0;
      continue;
    }
    // What is done for a guest right now may change what was told of it.
    const { engine: { busy } } = await ask({ op: "status" }, guestsAtWork);
    quiet = left.some(({ vmid }) => busy.includes(vmid)) ? 0 : quiet + 1;
    if (quiet >= QUIET) return { report, left };
  }
  return undefined;
}

/** Guests of which nothing more is to be expected, as far as they were looked at. */
function leftOf({ waiting, quarantined, told }: Convergence): readonly WaitingGuest[] {
  const given = new Set(quarantined);
  // That something of somebody else's is pending keeps no guest from being as desired.
  const said = new Set(
    told.filter(({ code }) => code !== "pending_elsewhere").map((it) => it.vmid),
  );
  return waiting.filter(({ vmid, steps }) => given.has(vmid) || (said.has(vmid) && steps === 0));
}

function polled<T>(ask: () => Promise<T>, { say, ...options }: FollowOptions) {
  return poll(ask, {
    ...options,
    onSilence: () => say("The daemon does not answer; waiting for it to come back"),
  });
}

function words(state: string): string {
  return state.replaceAll("_", " ");
}
