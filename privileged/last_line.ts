import type { Ran } from "./programs.ts";

const LONGEST = 200;

/** How a program explained its end: the last line it printed as an error, cut, or how it ended. */
export function lastLine({ code, stderr }: Pick<Ran, "code" | "stderr">): string {
  const line = stderr.trimEnd().split("\n").at(-1)?.trim() ?? "";
  if (line !== "") return line.slice(0, LONGEST);
  return code === null ? "a signal ended it" : `exit status ${code}`;
}
