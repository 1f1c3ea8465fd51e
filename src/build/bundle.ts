/**
 * Bundles the agent into `dist/felhom-agent.js` and chunks beside it, one for each command, with the
 * daemon inside as text.
 *
 * In chunks, because a bundle of one file loads every module of the runtime that any command needs
 * before it does anything: `version` took 42 ms so, and takes 15 ms with chunks. A chunk is named by
 * a literal `import()`, so it is a part of the program: no right is needed to load it, after the
 * seal neither.
 *
 * The daemon as text, because Deno asks for read access to a Worker's module, and to everything that
 * module imports, when it comes from the file system. The agent has no right to read its own
 * program, so the Worker starts from the text that is part of the program instead (see
 * `src/daemon/program.ts`). The same files are what `deno compile` takes: one program, whether
 * compiled or not.
 *
 * Needs `--allow-read=.`, `--allow-write=dist` and `--allow-run=deno`.
 */
const ROOT = new URL("../../", import.meta.url);

/** `createRequire` refuses the `blob:` address that the daemon runs under; any file URL will do. */
const PRELUDE = "__deno_internal_createRequire(import.meta.url)";
const PRELUDE_FOR_BLOB = '__deno_internal_createRequire("file:///felhom-agent/daemon.js")';

/** What `src/daemon/program.ts` holds in place of the daemon, quotes included. */
const PLACEHOLDER = /"@felhom-daemon-program@"/g;

const PROGRAM = "felhom-agent.js";

export interface BundleOptions {
  /** Folder for the result, absolute or relative to the repository. Other `.js` files in it go. */
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
  const staging = `${folder}staging`;
  await Deno.mkdir(staging, { recursive: true });
  const names = await bundleInto(folder, staging, main, daemon)
    .finally(() => Deno.remove(staging, { recursive: true }));
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".js") && !names.has(name)) await Deno.remove(`${folder}${name}`);
  }
  return `${folder}${PROGRAM}`;
}

/** The names of the files that were made. */
async function bundleInto(
  folder: string,
  staging: string,
  main: string,
  daemon: string,
): Promise<Set<string>> {
  const files = await bundleChunks(main, `${staging}/agent`);
  placeDaemon(files, await bundleText(daemon, `${staging}/daemon.js`));
  // The program last: until it is there, the one before it finds its own chunks.
  for (const [name, text] of [...files].toReversed()) {
    await Deno.writeTextFile(`${staging}/${name}`, text);
    await Deno.rename(`${staging}/${name}`, `${folder}${name}`);
  }
  return new Set(files.keys());
}

/** The program and its chunks, by name, the program first. */
async function bundleChunks(entry: string, folder: string): Promise<Map<string, string>> {
  await bundle(["--code-splitting", "--outdir", folder, entry]);
  const start = entry.slice(entry.lastIndexOf("/") + 1).replace(/\.ts$/, ".js");
  const files = new Map([[PROGRAM, await Deno.readTextFile(`${folder}/${start}`)]]);
  for await (const { name } of Deno.readDir(folder)) {
    if (name === start) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (text.includes(`"./${start}"`)) {
      throw new Error(`Cannot rename ${start}: ${name} imports it`);
    }
    files.set(name, text);
  }
  return files;
}

async function bundleText(entry: string, file: string): Promise<string> {
  await bundle(["--output", file, entry]);
  const text = await Deno.readTextFile(file);
  if (text.split(PRELUDE).length > 2) {
    throw new Error("Cannot prepare the daemon: the bundle has more than one prelude");
  }
  return text.replace(PRELUDE, PRELUDE_FOR_BLOB);
}

/** Puts the daemon where the one placeholder is; a program that starts no daemon has none. */
function placeDaemon(files: Map<string, string>, program: string): void {
  const literal = JSON.stringify(program);
  let places = 0;
  for (const [name, text] of files) {
    places += text.match(PLACEHOLDER)?.length ?? 0;
    files.set(name, text.replace(PLACEHOLDER, () => literal));
  }
  if (places > 1) throw new Error(`Cannot place the daemon: there are ${places} places for it`);
}

async function bundle(args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "deno", ...args],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    const entry = args.at(-1);
    throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

if (import.meta.main) await bundleAgent({ output: "dist" });
