import { repositoryRoot } from "../support/repository.ts";
import { trackedFiles } from "../repository/tracked_files.ts";
import { applied, type Mutation } from "./mutation.ts";

/** How a run of tests ended. */
export type Ending =
  | { readonly outcome: "passed" }
  /** A test failed, or the module could not even be loaded. */
  | { readonly outcome: "failed"; readonly test: string }
  /** It did not end in time: what hangs is noticed. */
  | { readonly outcome: "timed_out" }
  /** The text that was put in is no program: the fault of the operator. */
  | { readonly outcome: "unreadable"; readonly said: string };

/** A copy of the tree in a folder of its own, in which one file at a time is another. */
export interface Lane {
  /** Runs tests with a mutation in `file`, or on the tree as it is. */
  run(tests: readonly string[], mutation?: Mutation & { readonly file: string }): Promise<Ending>;
  close(): Promise<void>;
}

/**
 * Copies the tree; the working tree is never touched.
 *
 * @param seconds how long a run may take
 */
export async function openLane({ seconds }: { readonly seconds: number }): Promise<Lane> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-mutants-" });
  const tree = `${folder}/tree`;
  for (const { path, text } of await trackedFiles()) {
    await Deno.mkdir(`${tree}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${tree}/${path}`, text);
  }
  await linkShared(folder);
  let runs = 0;
  return {
    run: async (tests, mutation) => {
      const scratch = `${folder}/run-${++runs}`;
      await Deno.mkdir(scratch);
      const path = `${tree}/${mutation?.file ?? ""}`;
      const source = mutation === undefined ? "" : await Deno.readTextFile(path);
      try {
        if (mutation !== undefined) await Deno.writeTextFile(path, applied(source, mutation));
        return await test(tree, tests, { seconds, scratch });
      } finally {
        if (mutation !== undefined) await Deno.writeTextFile(path, source);
        await Deno.remove(scratch, { recursive: true }).catch(() => {});
      }
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Recorded answers, where they stand beside the repository, stand beside the copy. */
async function linkShared(folder: string): Promise<void> {
  const shared = new URL("../shared", repositoryRoot);
  try {
    await Deno.stat(shared);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await Deno.symlink(shared, `${folder}/shared`);
}

async function test(
  cwd: string,
  tests: readonly string[],
  { seconds, scratch }: { readonly seconds: number; readonly scratch: string },
): Promise<Ending> {
  // `timeout` ends the whole group: a test may have started programs of its own.
  const { code, stdout, stderr } = await new Deno.Command("nice", {
    args: [
      ...["timeout", "--signal=KILL", String(seconds), Deno.execPath()],
      ...["test", "-A", "--frozen", "--no-check", "--fail-fast", "--quiet", ...tests],
    ],
    cwd,
    env: { NO_COLOR: "1", TMPDIR: scratch },
    stdin: "null",
  }).output();
  if (code === 0) return { outcome: "passed" };
  if (code === 124 || code === 137) return { outcome: "timed_out" };
  const text = new TextDecoder();
  const said = text.decode(stdout) + text.decode(stderr);
  if (/could not be parsed|SyntaxError/.test(said)) return { outcome: "unreadable", said };
  return { outcome: "failed", test: /^(.+?) \.\.\. FAILED/m.exec(said)?.[1] ?? lastLine(said) };
}

function lastLine(said: string): string {
  return said.split("\n").find((line) => line.includes("error")) ?? "";
}
