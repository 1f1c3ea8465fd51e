import type { Host, Needs } from "./host.ts";
import { type Programs, READERS, SUDO } from "./programs.ts";
import { type OperationName, PROTOCOL_VERSION, type Result } from "./protocol.ts";

/**
 * Whether each operation could run: its programs are installed and sudo has a rule for each of its
 * command lines. Asks, and starts none of them.
 */
export async function readHealth(
  operations: readonly { readonly op: OperationName; readonly needs: Needs | null }[],
  { programs, vmids }: Host,
): Promise<Result<"helper.health">> {
  const paths = operations.flatMap(({ needs }) => needs === null ? [] : pathsOf(needs));
  if (programs.mode === "sudo") paths.push(SUDO);
  const installed = await findInstalled(paths, programs);
  return {
    protocol: PROTOCOL_VERSION,
    mode: programs.mode,
    vmids,
    operations: await Promise.all(operations.map(async ({ op, needs }) => {
      const problem = needs === null
        ? "the helper's unit names no VMIDs (--vmids FIRST-LAST)"
        : await problemOf(needs, { programs, installed });
      return { op, ready: problem === null, problem };
    })),
  };
}

async function problemOf(
  needs: Needs,
  { programs, installed }: { readonly programs: Programs; readonly installed: ReadonlySet<string> },
): Promise<string | null> {
  const missing = pathsOf(needs).find((path) => !installed.has(path));
  if (missing !== undefined) return `${missing} is not installed`;
  if (programs.mode === "direct") return null;
  const { commands } = needs;
  if (commands.length > 0 && !installed.has(SUDO)) return `${SUDO} is not installed`;
  const permitted = await Promise.all(commands.map((command) => programs.isPermitted(command)));
  const refused = commands.find((_, index) => permitted[index] !== true);
  return refused === undefined
    ? null
    : `sudo has no rule for ${refused.program} ${refused.pattern}`;
}

function pathsOf({ commands, readers }: Needs): string[] {
  return [...commands.map(({ program }) => program), ...readers.map((name) => READERS[name])];
}

/** `stat` names the programs that are there; the helper cannot look itself. */
async function findInstalled(
  paths: readonly string[],
  programs: Programs,
): Promise<ReadonlySet<string>> {
  const { stdout } = await programs.read("stat", ["--printf=%n\\n", "--", ...new Set(paths)]);
  return new Set(stdout.split("\n"));
}
