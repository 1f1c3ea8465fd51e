/**
 * Bundles the agent into `dist/felhom-agent.js` and the chunks beside it, with the daemon inside one
 * of them as text. Chunks, because a bundle in one file loads every module of the runtime that any
 * command needs before it runs the first line: `version` took five times as long.
 *
 * Deno asks for read access to a Worker's module, and to everything that module imports, when it
 * comes from the file system. The agent has no right to read its own program, so the Worker starts
 * from the text that is part of the program instead (see `src/daemon/program.ts`). The same files are
 * what `deno compile` takes: one program, whether compiled or not. Chunks are imported by literal
 * names, so they are part of the program too and need no right.
 *
 * Needs `--allow-read=.`, `--allow-write=dist` and `--allow-run=deno`.
 */
const ROOT = new URL("../../", import.meta.url);

/** `createRequire` refuses the `blob:` address that the daemon runs under; any file URL will do. */
const PRELUDE = "__deno_internal_createRequire(import.meta.url)";
const PRELUDE_FOR_BLOB = '__deno_internal_createRequire("file:///felhom-agent/daemon.js")';

/** What `src/daemon/program.ts` holds in place of the daemon, quotes included. */
const PLACEHOLDER = /"@felhom-daemon-program@"/g;

export interface BundleOptions {
  /** Folder for the result, absolute or relative to the repository. */
  readonly output: string;
  /** @default "main.ts" */
  readonly main?: string;
  /** @default "src/daemon/worker.ts" */
  readonly daemon?: string;
}

/**
 * Bundles into `output`/felhom-agent.js, and answers with its path. JavaScript that lies in the
 * folder is removed.
 *
 * @throws {Error} when an entry does not bundle, or the result is not of the expected form
 */
export async function bundleAgent(options: BundleOptions): Promise<string> {
  const { output, main = "main.ts", daemon = "src/daemon/worker.ts" } = options;
  const folder = new URL(`${output.replace(/\/$/, "")}/`, ROOT).pathname;
  await Deno.mkdir(folder, { recursive: true });
  for (const name of await scripts(folder)) await Deno.remove(folder + name);
  const daemonFile = `${folder}daemon.js`;
  await bundle(["--output", daemonFile, daemon]);
  const program = programText(await Deno.readTextFile(daemonFile));
  await Deno.remove(daemonFile);
  await bundle(["--code-splitting", "--outdir", folder, main]);
  const entry = main.replace(/^.*\//, "").replace(/\.ts$/, ".js");
  await Deno.rename(folder + entry, `${folder}felhom-agent.js`);
  await placeProgram(folder, program);
  return `${folder}felhom-agent.js`;
}

/** The daemon's bundle as the text of a literal. */
function programText(bundled: string): string {
  if (bundled.split(PRELUDE).length > 2) {
    throw new Error("Cannot prepare the daemon: the bundle has more than one prelude");
  }
  return JSON.stringify(bundled.replace(PRELUDE, PRELUDE_FOR_BLOB));
}

/** Puts the daemon where `src/daemon/program.ts` waits for it; a program may need none. */
async function placeProgram(folder: string, program: string): Promise<void> {
  let places = 0;
  for (const name of await scripts(folder)) {
    const text = await Deno.readTextFile(folder + name);
    const found = text.match(PLACEHOLDER)?.length ?? 0;
    if (found === 0) continue;
    places += found;
    await Deno.writeTextFile(folder + name, text.replace(PLACEHOLDER, () => program));
  }
  if (places > 1) throw new Error(`Cannot place the daemon: there are ${places} places for it`);
}

async function scripts(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ isFile, name }) => isFile && name.endsWith(".js"))
    .map(({ name }) => name);
}

async function bundle(args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "deno", ...args],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  throw new Error(`Cannot bundle ${args.at(-1)}: ${new TextDecoder().decode(stderr).trim()}`);
}

if (import.meta.main) await bundleAgent({ output: "dist" });
