import type { Clock } from "../clock.ts";
import type { Config } from "../config/mod.ts";
import { FelhomError } from "../errors.ts";
import { createHelperReads, type HelperHealth } from "../helper/mod.ts";
import type { Check, Finding } from "../selftest/mod.ts";
import { helperLink } from "./helper_link.ts";
import { askStatus } from "./status.ts";

/** Whether the privileged helper answers, and could do what it is there for. */
export function checkHelper({ privileged, guests }: Config, clock: Clock): Check {
  return {
    name: "helper",
    needs: [],
    async run() {
      if (privileged.mode === "off") {
        return { status: "skipped", detail: "Not asked: privileged.mode is off" };
      }
      try {
        const link = helperLink(privileged.socket, clock);
        const health = await createHelperReads(link).health({ limitMs: 20_000 });
        return judgeHealth(health, { mode: privileged.mode, managed: guests.managedVmids });
      } catch (error) {
        if (!(error instanceof FelhomError) || error.code !== "helper.absent") throw error;
        return {
          status: "warning",
          code: error.code,
          detail: "It cannot be reached: no golden image, disks, SMART and sensors",
          hint: "Install and start felhom-privileged.socket, or set privileged.mode to off.",
        };
      }
    },
  };
}

/** What the configuration expects of the helper. */
interface ExpectedHelper {
  readonly mode: "socket" | "direct";
  readonly managed: Config["guests"]["managedVmids"];
}

/**
 * What the helper says of itself, against what the configuration expects of it. A helper that is
 * root itself, where one behind sudo is expected, is a wall that is missing.
 */
export function judgeHealth(
  { mode: actual, vmids, operations }: HelperHealth,
  { mode, managed }: ExpectedHelper,
): Finding {
  if (actual === "direct" && mode === "socket") {
    return {
      status: "failed",
      detail: "It runs as root itself, without sudo's allow-list: fit for development only",
      hint: "Take --direct out of felhom-privileged@.service, or set privileged.mode to direct.",
    };
  }
  const problems = operations.flatMap(({ op, problem }) =>
    problem === null ? [] : [`${op}: ${problem}`]
  );
  if (vmids !== null && (vmids.first !== managed.first || vmids.last !== managed.last)) {
    problems.push(
      `it makes VMIDs ${vmids.first} to ${vmids.last}, ` +
        `guests.managed_vmids is ${managed.first} to ${managed.last}`,
    );
  }
  if (problems.length === 0) {
    return {
      status: "ok",
      detail: `It answers, and all its ${operations.length} operations are ready`,
    };
  }
  return {
    status: "warning",
    detail: `It answers, but ${problems.join("; ")}`,
    hint: "See: systemctl cat felhom-privileged@.service, and felhom-privileged --sudoers",
  };
}

/** How the daemon is, if one runs. That none runs is no failure: the self-test comes before it. */
export function checkDaemon({ control }: Config, clock: Clock): Check {
  return { name: "daemon", needs: [], run: () => checkStatus(control.socket, clock) };
}

async function checkStatus(socket: string, clock: Clock): Promise<Finding> {
  try {
    const { agent, engine, startedAt, sealedAt } = await askStatus(socket, clock);
    const { failing, lastError } = engine;
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
    const silent = error instanceof FelhomError &&
      (error.code === "control.unreachable" || error.code === "control.forbidden");
    if (!silent) throw error;
    return { status: "skipped", detail: `It does not run, or may not be asked: ${error.message}` };
  }
}
