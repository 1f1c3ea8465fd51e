/**
 * Compiles `dist/felhom-agent` and `dist/felhom-privileged` from their bundles, each with its
 * permission set of `deno.json` baked in.
 *
 * The base of a compiled program, `denort`, is downloaded once; where that cannot be done, the error
 * says so and what else can be done.
 *
 * Needs `--allow-read=.`, `--allow-write=dist` and `--allow-run=deno`.
 */
import { bundleAgent } from "./bundle.ts";
import { bundlePrivileged } from "./bundle_privileged.ts";

const ROOT = new URL("../../", import.meta.url);

export interface CompileOptions {
  /** Folder for both programs, absolute or relative to the repository. */
  readonly output: string;
  /** Environment beside the caller's. @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

/** The paths of both programs. */
export interface Compiled {
  readonly agent: string;
  readonly privileged: string;
}

/**
 * Bundles and compiles both programs.
 *
 * @throws {Error} in one sentence, when the base cannot be had or something does not compile
 */
export async function compileAll({ output, env = {} }: CompileOptions): Promise<Compiled> {
  const folder = new URL(`${output.replace(/\/$/, "")}/`, ROOT).pathname;
  const agent = await bundleAgent({ output: `${folder}agent` });
  const privileged = await bundlePrivileged(`${folder}privileged`);
  // Nothing but what a compiled program is made with: the bundles have no imports to map.
  const { permissions, unstable } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const config = `${folder}compile.json`;
  await Deno.writeTextFile(config, JSON.stringify({ permissions, unstable }));
  const compiled = { agent: `${folder}felhom-agent`, privileged: `${folder}felhom-privileged` };
  try {
    await compile(["-P=agent", "--output", compiled.agent, agent], { config, env });
    await compile(["-P=privileged", "--output", compiled.privileged, privileged], { config, env });
  } finally {
    await Deno.remove(config);
  }
  return compiled;
}

async function compile(
  args: readonly [set: string, ...string[]],
  { config, env }: { readonly config: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: [
      ...["compile", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--cached-only"],
      ...["--config", config, ...args],
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  throw new Error(explain(new TextDecoder().decode(stderr), args[0].replace("-P=", "")));
}

/**
 * What went wrong, from what `deno compile` wrote.
 *
 * @param program `agent` or `privileged`
 */
export function explain(stderr: string, program: string): string {
  const name = `felhom-${program}`;
  if (/denort|base binary/i.test(stderr)) {
    return `Cannot compile ${name}: its base (denort) is not here and cannot be downloaded from ` +
      "dl.deno.land; put denort of the same version beside deno, or name it in DENORT_BIN, or " +
      "compile on a machine with a network, or run the bundle with deno itself (README, Compile).";
  }
  const reason = stderr.match(/^error: (.*)$/m)?.[1] ?? stderr.trim().split("\n").at(-1);
  return `Cannot compile ${name}: ${reason ?? "deno compile gave no reason"}`;
}

if (import.meta.main) {
  try {
    await compileAll({ output: "dist" });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await Deno.stderr.write(new TextEncoder().encode(`${message}\n`));
    Deno.exit(1);
  }
}
