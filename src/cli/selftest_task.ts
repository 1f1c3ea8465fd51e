import { selftestBegun, selftestStopped } from "../control/answers.ts";
import { untilTold } from "../daemon/signals.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { TransactionReport } from "../reconcile/commands/commands.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { type Ask, daemonOf } from "./daemon_link.ts";
import { followTransaction } from "./follow.ts";
import { readVmid } from "./read_vmid.ts";

/**
 * Lets the daemon try a task, step by step: on a guest that it makes for that, or on the stopped guest
 * that is named. Ctrl-C ends it early, and what it made is cleaned up first; a second one ends the
 * waiting.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const named = invocation.options.operation?.vmid;
  const vmid = named === undefined ? null : readVmid(named);
  const ask = await daemonOf(invocation);
  return await tryTask(vmid, { ask, invocation, signal: untilTold() });
}

/** What a self-test on somebody's guest risks: said before it begins, and with how it ended. */
export const RISK =
  "On a guest that is named, the self-test takes a real snapshot and deletes it; it never rolls back, " +
  "so what is on the volumes stays as it is. A deletion that is broken off leaves the guest locked, " +
  "with a part of the snapshot. Without --vmid nothing of anybody's is touched";

export interface TryTaskOptions {
  readonly ask: Ask;
  readonly invocation: Pick<Invocation, "options" | "output" | "clock">;
  /** Aborted when the operator wants it to end. */
  readonly signal: AbortSignal;
}

/**
 * Begins a self-test and follows it to its end.
 *
 * @param named the guest to do it on; null for one that is made for it
 */
export async function tryTask(
  named: number | null,
  { ask, invocation, signal }: TryTaskOptions,
): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  const say = (line: string) => output.writeError(`${printable(line)}\n`);
  const risk = named === null ? null : RISK;
  if (risk !== null) say(`${risk}.`);
  const { transaction, vmid, told } = await ask({ op: "selftest", vmid: named }, selftestBegun);
  for (const line of told) say(`${line}.`);
  if (named === null) say(`A guest is made for it: ${vmid}, or the next that is free`);
  const follow = (until: AbortSignal) =>
    followOrLost(() => followTransaction(ask, transaction, { clock, signal: until, say }));
  const seen = await follow(signal);
  if (seen === undefined) {
    say("Stopping the self-test; what it made is cleaned up");
    await ask({ op: "selftest_stop", transaction }, selftestStopped);
  }
  const report = seen ?? await follow(new AbortController().signal);
  const ok = report?.outcome === "committed" && report.problem === null;
  const guest = report?.vmid ?? vmid;
  if (options.json) {
    output.writeJson({ version: 1, ok, interrupted: !seen, risk, transaction: report });
  } else {
    const why = report?.problem ?? (seen === undefined ? "it was stopped" : "it was rolled back");
    const went = ok ? "went through" : `did not go through: ${printable(why)}`;
    output.write(`The self-test of guest ${guest} ${went}.\n`);
    if (risk !== null) output.write(`${risk}.\n`);
  }
  if (seen === undefined) return EXIT.interrupted;
  return ok ? EXIT.ok : EXIT.failed;
}

/** A self-test ends with its daemon, and one that is started anew does not know it. */
async function followOrLost(
  follow: () => Promise<TransactionReport | undefined>,
): Promise<TransactionReport | undefined> {
  try {
    return await follow();
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code !== "state.missing") throw error;
    throw new FelhomError(
      "selftest.failed",
      "The self-test ended with the daemon, which was restarted meanwhile",
      { hint: "What it made is taken away by the new one. See: felhom-agent journal" },
    );
  }
}
