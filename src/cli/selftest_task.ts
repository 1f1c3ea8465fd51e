import { selftestBegun, selftestStopped } from "../control/answers.ts";
import { untilTold } from "../daemon/signals.ts";
import { EXIT } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { type Ask, daemonOf } from "./daemon_link.ts";
import { followTransaction } from "./follow.ts";
import { readVmid } from "./read_vmid.ts";

/**
 * Lets the daemon try a task on a stopped guest, step by step. Ctrl-C ends it early, and what it made
 * is cleaned up first; a second one ends the waiting.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const vmid = readVmid(invocation.options.operation?.vmid);
  const ask = await daemonOf(invocation);
  return await tryTask(vmid, { ask, invocation, signal: untilTold() });
}

export interface TryTaskOptions {
  readonly ask: Ask;
  readonly invocation: Pick<Invocation, "options" | "output" | "clock">;
  /** Aborted when the operator wants it to end. */
  readonly signal: AbortSignal;
}

/** Begins a self-test and follows it to its end. */
export async function tryTask(
  vmid: number,
  { ask, invocation, signal }: TryTaskOptions,
): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  const say = (line: string) => output.writeError(`${printable(line)}\n`);
  const { transaction } = await ask({ op: "selftest", vmid }, selftestBegun);
  const seen = await followTransaction(ask, transaction, { clock, signal, say });
  if (seen === undefined) {
    say("Stopping the self-test; what it made is cleaned up");
    await ask({ op: "selftest_stop", transaction }, selftestStopped);
  }
  const report = seen ??
    await followTransaction(ask, transaction, { clock, signal: new AbortController().signal, say });
  const ok = report?.outcome === "committed" && report.problem === null;
  if (options.json) output.writeJson({ version: 1, ok, interrupted: !seen, transaction: report });
  else if (ok) output.write(`The self-test of guest ${vmid} went through.\n`);
  else {
    const why = report?.problem ?? (seen === undefined ? "it was stopped" : "it was rolled back");
    output.write(`The self-test of guest ${vmid} did not go through: ${printable(why)}\n`);
  }
  if (seen === undefined) return EXIT.interrupted;
  return ok ? EXIT.ok : EXIT.failed;
}
