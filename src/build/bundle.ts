/**
 * Bundles the agent into one file, `dist/felhom-agent.js`, with the daemon Worker inside it as text.
 *
 * Deno asks for read access to a Worker's module, and to everything that module imports, when it
 * comes from the file system. The agent has no right to read its own program, so the Worker starts
 * from the text that is part of the program instead (see `src/daemon/`). The same file is what
 * `deno compile` takes: one program, whether compiled or not.
 *
 * Needs `--allow-read=.`, `--allow-write=dist` and `--allow-run=deno`.
 */
const root = new URL("../../", import.meta.url);

/** `createRequire` refuses the `blob:` address that the daemon runs under; any file URL will do. */
const PRELUDE = "__deno_internal_createRequire(import.meta.url)";
const PRELUDE_FOR_BLOB = '__deno_internal_createRequire("file:///felhom-agent/daemon.js")';

async function bundle(entry: string, output: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "deno", "--output", output, entry],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

async function main(): Promise<void> {
  await Deno.mkdir(new URL("dist/", root), { recursive: true });
  const daemon = new URL("dist/daemon.js", root);
  await bundle("src/daemon/worker.ts", "dist/daemon.js");
  const text = await Deno.readTextFile(daemon);
  if (text.split(PRELUDE).length > 2) {
    throw new Error("Cannot prepare the daemon: the bundle has more than one prelude");
  }
  await Deno.writeTextFile(daemon, text.replace(PRELUDE, PRELUDE_FOR_BLOB));
  await bundle("main.ts", "dist/felhom-agent.js");
}

await main();
