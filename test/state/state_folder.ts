import { lockState, openState, type OpenStateOptions, type State } from "../../src/state/mod.ts";

/** Runs a test in a folder of its own. */
export async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-state-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Small, so that a test does not write megabytes. */
export const SMALL_RESERVE = { size: 64 * 1024, step: 16 * 1024 };

/** A state with its lock, which goes with it. */
export function openIn(folder: string, options: Partial<OpenStateOptions> = {}): {
  readonly state: State;
  [Symbol.dispose](): void;
} {
  using opening = new DisposableStack();
  const lock = opening.use(lockState(folder));
  const state = opening.use(
    openState(lock, { now: 1, newInstance: "a", reserve: SMALL_RESERVE, ...options }),
  );
  const opened = opening.move();
  return { state, [Symbol.dispose]: () => opened.dispose() };
}

/** Runs a test on a new state. */
export async function withState(
  test: (state: State, folder: string) => void | Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    using opened = openIn(folder);
    await test(opened.state, folder);
  });
}
