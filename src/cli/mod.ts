import { systemClock } from "../clock.ts";
import { EXIT } from "../errors.ts";
import type { ExitCode } from "./command.ts";
import { parseCommandLine } from "./command_line.ts";
import { loadCommand } from "./load_command.ts";
import { type Output, systemOutput } from "./output.ts";
import { renderError } from "./render_error.ts";

/**
 * Runs one command line to its end and answers with the exit code. Whatever fails is shown, never
 * thrown.
 *
 * @param args as the user gave them, without the program's name
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const output = systemOutput();
  const exit = await run(args, output);
  if (output.failure === undefined) return exit;
  output.writeError(`felhom-agent: Cannot write the output: ${output.failure.message}\n`);
  return exit === EXIT.ok ? EXIT.failed : exit;
}

async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  try {
    const { command, topic, options } = parseCommandLine(args);
    const { run } = await loadCommand(command);
    return await run({ options, topic, output, clock: systemClock });
  } catch (thrown) {
    const { exit, human, json } = renderError(thrown);
    // Whoever asks for JSON reads stdout, and finds one document there whatever happens.
    if (args.includes("--json")) output.writeJson({ version: 1, error: json });
    else output.writeError(human);
    return exit;
  }
}
