import { ConfigError, loadSettings, systemSources } from "../config/mod.ts";
import { applied } from "../control/answers.ts";
import { DESIRED_LIMIT } from "../control/protocol.ts";
import { untilTold } from "../daemon/signals.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { Applied } from "../reconcile/commands/commands.ts";
import { readDesired } from "../reconcile/desired/read_desired.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { type Ask, daemonOf } from "./daemon_link.ts";
import { followConvergence } from "./follow.ts";
import { printableText } from "./printable_text.ts";
import { readInput } from "./read_input.ts";

/** Takes a desired state from stdin; what is none is refused before anybody is asked. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const { dryRun = false, wait = false } = options.switches ?? {};
  if (dryRun && wait) {
    throw new FelhomError("usage.invalid", "A dry run has no outcome to wait for", {
      hint: "Leave out --dry-run or --wait.",
    });
  }
  const text = decode(await readInput(DESIRED_LIMIT, "felhom-agent apply - < desired.json"));
  await check(text, invocation);
  const ask = await daemonOf(invocation);
  const answer = await ask({ op: "apply", text, dry_run: dryRun }, applied);
  if (wait) return await waitFor(answer, ask, invocation);
  if (options.json) output.writeJson({ version: 1, ...answer });
  else {
    if (!dryRun) output.write(summary(answer));
    output.write(printableText(answer.plan));
  }
  return EXIT.ok;
}

async function waitFor(answer: Applied, ask: Ask, invocation: Invocation): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  const say = (line: string) => output.writeError(`${printable(line)}\n`);
  output.writeError(summary(answer) + printableText(answer.plan));
  const settled = await followConvergence(ask, answer.revision, {
    clock,
    signal: untilTold(),
    say,
  });
  if (settled === undefined) {
    say("Not waiting any longer; the work goes on. See: felhom-agent status");
    if (options.json) output.writeJson({ version: 1, ...answer, outcome: "interrupted" });
    return EXIT.interrupted;
  }
  const { report, left } = settled;
  const replaced = report.revision !== answer.revision;
  const outcome = replaced ? "replaced" : left.length === 0 ? "converged" : "left";
  if (options.json) output.writeJson({ version: 1, ...answer, outcome, convergence: report });
  else if (replaced) {
    output.write(`Revision ${printable(report.revision)} took its place.\n`);
  } else {
    output.write(`${report.converged} of ${report.guests} guests are as desired.\n`);
    for (const { vmid, why } of left) output.write(`${vmid}: ${printable(why)}\n`);
  }
  return outcome === "converged" ? EXIT.ok : EXIT.failed;
}

function summary({ revision, accepted, guests }: Applied): string {
  return `Revision ${printable(revision)} of ${guests} guests ` +
    `${accepted ? "was accepted" : "was in force already"}.\n`;
}

/** As the daemon will read it. Operators who may not read the configuration leave that to it. */
async function check(text: string, { options, clock }: Invocation): Promise<void> {
  let managed: { readonly first: number; readonly last: number };
  try {
    const { settings } = await loadSettings(systemSources(clock, options.config));
    managed = settings.guests.managed_vmids;
  } catch (error) {
    if (!(error instanceof ConfigError) || options.config !== undefined) throw error;
    return;
  }
  readDesired(text, { provider: "local", managed });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new FelhomError("usage.invalid", "The desired state is not UTF-8", { cause: error });
  }
}
