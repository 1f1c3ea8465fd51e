import type { Ran } from "../../privileged/programs.ts";

/**
 * What a started program would have done.
 *
 * @param argv the whole command line, `sudo` included
 * @param count how many were started, this one included
 */
export type HostAnswer = (argv: readonly string[], count: number) => Partial<Ran>;
