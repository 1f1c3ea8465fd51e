import type { Host } from "../../privileged/host.ts";
import { Programs, type Ran, type Run } from "../../privileged/programs.ts";
import type { HostAnswer } from "./host_answer.ts";

/** How a program ended, where a test does not say otherwise: well, at once, without a word. */
export const WELL: Ran = {
  code: 0,
  stdout: "",
  stderr: "",
  timedOut: false,
  ms: 5,
  overflowed: false,
};

/** A host without programs: `play` decides what each would have done, and every start is kept. */
export function fakeHost(
  play: HostAnswer,
  options: {
    /** @default "sudo" */
    readonly mode?: "sudo" | "direct";
    /** @default { first: 1000, last: 1999 } */
    readonly vmids?: Host["vmids"];
  } = {},
): Host & { readonly started: (readonly string[])[] } {
  const started: (readonly string[])[] = [];
  const run: Run = (argv) => {
    started.push(argv);
    return Promise.resolve({ ...WELL, ...play(argv, started.length) });
  };
  const { mode = "sudo", vmids = { first: 1000, last: 1999 } } = options;
  return { programs: new Programs(run, mode), vmids, started };
}
