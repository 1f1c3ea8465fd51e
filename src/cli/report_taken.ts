import { untilTold } from "../daemon/signals.ts";
import { EXIT } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { Taken } from "../reconcile/commands/commands.ts";
import type { ExitCode, Invocation } from "./command.ts";
import type { Ask } from "./daemon_link.ts";
import { followOperation } from "./follow.ts";

/** Says what became of something asked for; with `--wait`, how it ended. */
export async function reportTaken(
  taken: Taken,
  ask: Ask,
  invocation: Invocation,
): Promise<ExitCode> {
  const { options, output } = invocation;
  if (taken.outcome === "authorised" && options.switches?.wait === true) {
    return await waitFor(taken.operation, ask, invocation);
  }
  if (options.json) output.writeJson({ version: 1, ...taken });
  else output.write(`${printable(sentence(taken))}\n`);
  return taken.outcome === "authorised" ? EXIT.ok : EXIT.refused;
}

async function waitFor(operation: string, ask: Ask, invocation: Invocation): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  const say = (line: string) => output.writeError(`${printable(line)}\n`);
  const story = await followOperation(ask, operation, { clock, signal: untilTold(), say });
  if (story === undefined) {
    say(`Not waiting any longer; the work goes on. See: felhom-agent journal --id ${operation}`);
    if (options.json) output.writeJson({ version: 1, operation, outcome: "interrupted" });
    return EXIT.interrupted;
  }
  const { state, said, kind } = story;
  if (options.json) output.writeJson({ version: 1, operation: story, outcome: state });
  else {
    const because = said === null ? "" : `: ${said}`;
    output.write(`${printable(`${kind} (${operation}): ${state}${because}`)}\n`);
  }
  return state === "succeeded" ? EXIT.ok : EXIT.failed;
}

function sentence(taken: Taken): string {
  switch (taken.outcome) {
    case "authorised":
      return `Authorised as operation ${taken.operation}. ` +
        `See: felhom-agent journal --id ${taken.operation}`;
    case "pending_signature":
      return `It needs a signature: ${taken.why.replace(/\.?$/, ".")} ${kept(taken.kept)}`;
    case "refused":
      return `Refused: ${taken.why} (${taken.code})`;
    default:
      return taken satisfies never;
  }
}

function kept(how: string): string {
  return how === "added" || how === "known"
    ? "It waits for one: felhom-agent pending"
    : "It was not kept; make the document with: felhom-agent op new";
}
