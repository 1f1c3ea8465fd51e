import { EXIT } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { ExitCode, Invocation } from "./command.ts";

/** Shows the version of the agent and of its runtime. */
export function run({ options, output }: Invocation): ExitCode {
  const { deno, v8 } = Deno.version;
  if (options.json) output.writeJson({ version: 1, agent: VERSION, deno, v8 });
  else output.write(`felhom-agent ${VERSION} (deno ${deno}, v8 ${v8})\n`);
  return EXIT.ok;
}
