import { loadConfig, systemSources } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import { printableJson } from "../log/printable.ts";
import type { ExitCode, Invocation } from "./command.ts";

/** Shows the configuration in effect: file, environment and defaults together, secrets redacted. */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const config = await loadConfig(systemSources(clock, options.config));
  if (options.json) output.writeJson({ version: 1, config });
  else {
    const lines = JSON.stringify(config, null, 2).split("\n");
    output.write(lines.map((line) => printableJson(line) + "\n").join(""));
  }
  return EXIT.ok;
}
