import { taken } from "../control/answers.ts";
import { FelhomError } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { daemonOf } from "./daemon_link.ts";
import { readInput } from "./read_input.ts";
import { reportTaken } from "./report_taken.ts";

/** Bytes of a wish: as much as fits into a request, with room around it. */
const WISH_LIMIT = 32 * 1024;

/** Asks for one action, as the hub would. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const wish = parse(await readInput(WISH_LIMIT, "felhom-agent request - < wish.json"));
  const ask = await daemonOf(invocation);
  return await reportTaken(await ask({ op: "request", wish }, taken), ask, invocation);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FelhomError("usage.invalid", "The wish is not JSON", {
      hint: "See: felhom-agent help request",
      cause: error,
    });
  }
}
