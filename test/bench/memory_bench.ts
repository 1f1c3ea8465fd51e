import { z } from "zod";
import { repositoryRoot } from "../support/repository.ts";
import type { Comparison, Suite } from "./frame.ts";

const MIB = 1024 * 1024;

const line = z.strictObject({
  passes: z.int(),
  succeeded: z.int().min(1),
  audited: z.int().min(1),
  heap: z.int().min(1),
  rss: z.int().min(1),
});

/** What a process held after so many passes, bytes, and what it had done by then. */
type Held = z.infer<typeof line>;

export interface MemoryOptions {
  /** Passes until all is loaded, compiled and filled that is so once. @default 200 */
  readonly warmUp?: number;
  /** Passes after which it is looked at again. @default 1,000 */
  readonly passes?: number;
}

/** What the engine holds after many passes, with work in between, over what it held after some. */
export function memorySuite({ warmUp = 200, passes = 1_000 }: MemoryOptions = {}): Promise<Suite> {
  // One life is measured, of which all figures are.
  let life: Promise<readonly [Held, Held]> | undefined;
  const held = () => life ??= measure([warmUp, passes]);
  const comparison = (
    title: string,
    { limit, of }: { readonly limit?: number; readonly of: (held: Held) => number },
  ): Comparison => ({
    title,
    ...{ rounds: 1, warmUp: 0, unit: "MiB" },
    baseline: {
      name: `after ${warmUp} passes`,
      run: async () => of((await held())[0]) / MIB,
    },
    contenders: [{
      name: `after ${passes} passes`,
      run: async () => of((await held())[1]) / MIB,
      ...(limit === undefined ? {} : { limit }),
    }],
  });
  return Promise.resolve({
    comparisons: [
      comparison("Memory: the engine's heap, collected", { of: ({ heap }) => heap, limit: 1.05 }),
      comparison("Memory: the engine's process, resident", { of: ({ rss }) => rss }),
    ],
    async close() {
      await life?.catch(() => {});
    },
  });
}

/** @throws {Error} when the process does not end well */
async function measure([first, last]: readonly [number, number]): Promise<readonly [Held, Held]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--no-check", "--frozen"],
      ...["test/bench/memory_run.ts", `${first}`, `${last}`],
    ],
    cwd: repositoryRoot,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [out, problems] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (code !== 0) throw new Error(`The engine could not be measured: ${problems}`);
  return z.tuple([line, line]).parse((out ?? "").split("\n").map((text) => JSON.parse(text)));
}
