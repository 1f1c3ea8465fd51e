import { FelhomError } from "../errors.ts";

/**
 * The daemon as one JavaScript text. `src/build/bundle.ts` puts it here; from source there is none,
 * because under the agent's permission set a Worker cannot start from files.
 */
const PROGRAM: string = "@felhom-daemon-program@";

/**
 * The text to start the daemon from.
 *
 * @throws {FelhomError} `internal.bug`, when the program was not built
 */
export function daemonProgram(): string {
  if (!PROGRAM.startsWith("@felhom")) return PROGRAM;
  throw new FelhomError("internal.bug", "Cannot start the daemon from source", {
    hint: "Run deno task build, and then dist/felhom-agent.js.",
  });
}
