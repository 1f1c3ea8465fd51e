import type { Clock } from "../clock.ts";
import type { Config } from "../config/mod.ts";
import { FelhomError } from "../errors.ts";
import type { Check, Finding } from "../selftest/mod.ts";
import { askStatus } from "./status.ts";

/** Whether the privileged helper answers. */
export function checkHelper({ privileged }: Config): Check {
  return {
    name: "helper",
    needs: [],
    run: () => ({
      status: "skipped",
      detail: privileged.mode === "off"
        ? "Turned off by privileged.mode"
        : "Not yet: this version of the agent has no privileged helper",
    }),
  };
}

/** How the daemon is, if one runs. That none runs is no failure: the self-test comes before it. */
export function checkDaemon({ control }: Config, clock: Clock): Check {
  return { name: "daemon", needs: [], run: () => checkStatus(control.socket, clock) };
}

async function checkStatus(socket: string, clock: Clock): Promise<Finding> {
  try {
    const { agent, failing, lastError, startedAt, sealedAt } = await askStatus(socket, clock);
    if (failing > 0 && lastError !== null) {
      return {
        status: "failed",
        detail: `It runs, but could not read the host ${failing} times: ${lastError.message}`,
        ...(lastError.hint === undefined ? {} : { hint: lastError.hint }),
      };
    }
    const took = sealedAt - startedAt;
    return { status: "ok", detail: `Version ${agent} runs, sealed ${took} ms after its start` };
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code !== "control.unreachable") throw error;
    return { status: "skipped", detail: `It does not run, or may not be asked: ${error.message}` };
  }
}
