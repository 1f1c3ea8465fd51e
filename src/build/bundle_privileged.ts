/**
 * Bundles the helper into one file, `dist/privileged/felhom-privileged.js`: what is not reached is
 * left out, so that it starts in half the time. `deno compile` takes this file.
 *
 * Needs `--allow-read=.`, `--allow-write=dist` and `--allow-run=deno`.
 */
const ROOT = new URL("../../", import.meta.url);

/**
 * Bundles into `folder`/felhom-privileged.js, and answers with its path.
 *
 * @param folder absolute, or relative to the repository
 * @throws {Error} when it does not bundle
 */
export async function bundlePrivileged(folder: string): Promise<string> {
  const output = new URL(`${folder.replace(/\/$/, "")}/felhom-privileged.js`, ROOT).pathname;
  await Deno.mkdir(new URL("./", `file://${output}`), { recursive: true });
  await bundleFile("privileged/main.ts", output);
  return output;
}

/**
 * Bundles one program, with all that it reaches, into one file.
 *
 * @throws {Error} when it does not bundle
 */
export async function bundleFile(entry: string, output: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "deno", "--output", output, entry],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

if (import.meta.main) await bundlePrivileged("dist/privileged");
