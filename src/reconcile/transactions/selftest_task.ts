import type { Work } from "../work.ts";
import { runScratchSelftest } from "./scratch_selftest.ts";
import { selftestObstacle } from "./selftest_obstacle.ts";
import { outcomeOf } from "./selftest_outcome.ts";
import type { SelftestReport, SelftestWish } from "./selftest_report.ts";
import { trySnapshot } from "./try_snapshot.ts";

/**
 * Walks the whole way of an operation (gate, permit, journal, task, reading back) with steps that nobody
 * misses: on a scratch guest that is made for it, or on a stopped guest that somebody named.
 *
 * With `signal` aborted (the daemon ends) cleaning up is left to the next start.
 *
 * @throws {FelhomError} when host or state cannot be read; what was made by then is cleaned up by who
 * works on the guest next
 */
export async function runSelftest(
  work: Work,
  wish: SelftestWish,
  signal: AbortSignal,
): Promise<SelftestReport> {
  if (wish.scratch !== null) {
    return await runScratchSelftest(work, { ...wish, scratch: wish.scratch }, signal);
  }
  const { transaction, vmid } = wish;
  const obstacle = await selftestObstacle(work, vmid);
  const tried = obstacle === null
    ? await trySnapshot(work, wish, { transaction, signal })
    : { steps: [], problem: obstacle, left: null };
  return { transaction, vmid, outcome: outcomeOf(wish, tried, signal), ...tried };
}
