import type { Narrator } from "../narrator.ts";
import type { Finished, Stage } from "../stage.ts";

/** A part of the demo: it shows something, checks what it says, and throws when it does not hold. */
export type Act = (narrator: Narrator, stage: Stage) => Promise<void>;

/** What a command printed, as a terminal shows it: progress and errors, then the result. */
export function printed({ stdout, stderr }: Finished): string {
  return stderr + stdout;
}
