import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Check, CheckResult, CheckStatus, Finding } from "./check.ts";

/**
 * Runs checks one after the other and tells of each as soon as it is done. A check whose
 * prerequisite did not hold is skipped and says which one it was.
 *
 * @param before what became of checks that were run elsewhere
 * @throws what a check throws that is no {@linkcode FelhomError}: a defect, not a finding
 */
export async function* runChecks(
  checks: Iterable<Check>,
  clock: Clock,
  before: readonly CheckResult[] = [],
): AsyncGenerator<CheckResult> {
  const done = new Map<string, CheckStatus>(before.map(({ name, status }) => [name, status]));
  for (const check of checks) {
    const start = clock.monotonic();
    const blocker = check.needs.find((name) => !holds(done.get(name)));
    const finding = blocker === undefined ? await attempt(check) : skipped(blocker, done);
    done.set(check.name, finding.status);
    yield { name: check.name, tookMs: Math.round(clock.monotonic() - start), ...finding };
  }
}

/** Whether the self-test as a whole failed. */
export function hasFailed(results: readonly CheckResult[]): boolean {
  return results.some(({ status }) => status === "failed");
}

function holds(status: CheckStatus | undefined): boolean {
  return status === "ok" || status === "warning";
}

function skipped(blocker: string, done: ReadonlyMap<string, CheckStatus>): Finding {
  const why = done.get(blocker) === "skipped" ? "was skipped" : "failed";
  return { status: "skipped", detail: `Not tried, because ${blocker} ${why}` };
}

async function attempt(check: Check): Promise<Finding> {
  try {
    return await check.run();
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code === "internal.bug") throw error;
    const { message, hint, code } = error;
    return { status: "failed", detail: message, code, ...(hint === undefined ? {} : { hint }) };
  }
}
