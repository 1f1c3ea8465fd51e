import { convergence, guestsAtWork, transactionReport } from "../control/answers.ts";
import { operationStory } from "../control/journal.ts";
import type { OperationStory } from "../control/journal.ts";
import type { Convergence, TransactionReport } from "../reconcile/commands/commands.ts";
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
    if (report.outcome !== "open") return report;
  }
  return undefined;
}

/** How often in a row nobody may be at work on a guest before it is taken as left. */
const QUIET = 2;

/** How a desired revision ended, as far as anybody waits for it. */
export interface Settled {
  readonly report: Convergence;
  /** Guests that are not as desired, and will not be so without somebody doing something. */
  readonly left: readonly { readonly vmid: number; readonly why: string }[];
}

/**
 * Waits until every guest of a revision is as desired, in quarantine, or told to be left as it is;
 * or until another revision takes its place.
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
    const said = new Set<number>(report.quarantined);
    // That something of somebody else's is pending keeps no guest from being as desired.
    for (const { vmid, code } of report.told) if (code !== "pending_elsewhere") said.add(vmid);
    const left = report.waiting.filter(({ vmid }) => said.has(vmid));
    const line = `${report.converged} of ${report.guests} guests as desired` +
      (left.length === 0 ? "" : `, ${left.length} left`);
    if (line !== last) options.say(line);
    last = line;
    if (report.revision !== revision || report.waiting.length === 0) return { report, left };
    if (left.length < report.waiting.length) {
      quiet = 0;
      continue;
    }
    // Something may be told of a guest for which there is work to do first.
    const { engine: { busy } } = await ask({ op: "status" }, guestsAtWork);
    quiet = left.some(({ vmid }) => busy.includes(vmid)) ? 0 : quiet + 1;
    if (quiet >= QUIET) return { report, left };
  }
  return undefined;
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
