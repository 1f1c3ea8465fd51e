import { EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import type { CommandName } from "./command_name.ts";
import { COMMAND_NAMES, commandEntry, OPTIONS } from "./commands.ts";

/** Shows the overview, or the help of one command. */
export function run({ output, topic }: Invocation): ExitCode {
  output.write(topic === undefined ? overview() : helpOf(topic));
  return EXIT.ok;
}

function overview(): string {
  return `felhom-agent: the host agent of a Proxmox VE host

Usage: felhom-agent COMMAND [OPTIONS]

Commands
${columns(COMMAND_NAMES.map((name) => [name, commandEntry(name).summary]))}

felhom-agent help COMMAND shows the options of a command. --selftest is the same as selftest.

Exit codes: ${EXIT.ok} ok, ${EXIT.failed} failed, ${EXIT.usage} usage or configuration, ${EXIT.unavailable} not reachable, ${EXIT.refused} refused, ${EXIT.internal} defect, ${EXIT.interrupted} interrupted
`;
}

function helpOf(name: CommandName): string {
  const { summary, options, operand, details = [] } = commandEntry(name);
  const rows = options.map((option): [string, string] => {
    const { value, summary } = OPTIONS[option];
    return [value === undefined ? `--${option}` : `--${option} ${value}`, summary];
  });
  const word = operand === undefined ? "" : operand === "-" ? " [-]" : ` ${operand}`;
  const usage = word + (rows.length === 0 ? "" : " [OPTIONS]");
  return [
    `felhom-agent ${name}: ${summary}`,
    `Usage: felhom-agent ${name}${usage}`,
    ...rows.length === 0 ? [] : [`Options\n${columns(rows)}`],
    ...details,
  ].join("\n\n") + "\n";
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
