import { loadConfig, systemSources } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { Preflight } from "../proxmox/mod.ts";
import { askProxmox, clientSetup } from "./ask_proxmox.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "finding" },
  { title: "path" },
  { title: "privilege" },
  { title: "of" },
];

/**
 * Compares what the token may do with what the agent needs, and shows the commands that mend it.
 * Exit code 1 when something is missing; that something is too much is shown and is no failure.
 */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const config = await loadConfig(systemSources(clock, options.config));
  const job = { kind: "permissions", setup: clientSetup(config, options.logLevel) } as const;
  for await (const message of askProxmox(config, job, clock)) {
    if (message.kind !== "permissions") continue;
    const { preflight } = message;
    if (options.json) output.writeJson({ version: 1, ...preflight });
    else output.write(describe(preflight, output.width));
    if (preflight.missing.length > 0) return EXIT.failed;
  }
  return EXIT.ok;
}

function describe({ missing, excess, commands }: Preflight, width: number | undefined): string {
  if (missing.length + excess.length === 0) {
    return "The token may do what the agent needs, and nothing more.\n";
  }
  const rows = [
    ...missing.map(({ path, privilege, holder }) => ["missing", path, privilege, holder]),
    ...excess.map(({ path, privilege }) => ["too much", path, privilege, "token"]),
  ];
  const lines = commands.map((command) => `  ${printable(command)}\n`).join("");
  return `${renderTable(COLUMNS, rows, { width })}\nTo mend it, as root on the host:\n${lines}`;
}
