/**
 * Bundles the agent into one file, `dist/felhom-agent.js`, with the daemon inside it as text.
 *
 * Deno asks for read access to a Worker's module, and to everything that module imports, when it
 * comes from the file system. The agent has no right to read its own program, so the Worker starts
 * from the text that is part of the program instead (see `src/daemon/program.ts`). The same file is
 * what `deno compile` takes: one program, whether compiled or not.
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
 * Bundles into `output`/felhom-agent.js, and answers with its path.
 *
 * @throws {Error} when an entry does not bundle, or the result is not of the expected form
 */
export async function bundleAgent(options: BundleOptions): Promise<string> {
  const { output, main = "main.ts", daemon = "src/daemon/worker.ts" } = options;
  const folder = new URL(`${output.replace(/\/$/, "")}/`, ROOT).pathname;
  await Deno.mkdir(folder, { recursive: true });
  const target = `${folder}felhom-agent.js`;
  const [outer, inner] = await Promise.all([
    bundle(main, target),
    bundle(daemon, `${folder}daemon.js`),
  ]);
  if (inner.split(PRELUDE).length > 2) {
    throw new Error("Cannot prepare the daemon: the bundle has more than one prelude");
  }
  const program = JSON.stringify(inner.replace(PRELUDE, PRELUDE_FOR_BLOB));
  const places = outer.match(PLACEHOLDER)?.length ?? 0;
  if (places > 1) throw new Error(`Cannot place the daemon: there are ${places} places for it`);
  await Deno.writeTextFile(target, outer.replace(PLACEHOLDER, () => program));
  await Deno.remove(`${folder}daemon.js`);
  return target;
}

async function bundle(entry: string, output: string): Promise<string> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "deno", "--output", output, entry],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
  }
  return await Deno.readTextFile(output);
}

if (import.meta.main) await bundleAgent({ output: "dist" });
