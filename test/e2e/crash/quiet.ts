import * as z from "zod";
import { FelhomError } from "../../../src/errors.ts";
import type { Finished } from "../../support/agent_rig.ts";
import type { CrashHost } from "./crash_host.ts";

/** How long a state is waited for before the wait is given up, milliseconds. */
const PATIENCE_MS = 60_000;
/** Between two looks: longer and longer, so that long waits leave the cores to others. */
const SHORTEST_MS = 20;
const LONGEST_MS = 250;

const status = z.looseObject({
  engine: z.looseObject({
    phase: z.string(),
    lastPass: z.unknown(),
    queued: z.int(),
    busy: z.array(z.unknown()),
  }),
});

/**
 * Waits until the daemon has recovered and has nothing to do, and `also` holds.
 *
 * @throws {Error} when that does not come, with what is still open
 */
export async function untilQuiet(
  host: CrashHost,
  { also = () => Promise.resolve(true), signal }: {
    readonly also?: () => Promise<boolean>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  let open = "nothing was ever seen";
  let pause = SHORTEST_MS;
  while (signal?.aborted !== true) {
    try {
      open = await whatIsOpen(host);
      if (open === "" && await also()) return;
    } catch (error) {
      if (!(error instanceof FelhomError)) throw error;
      // It is starting; or it ended, as it may where somebody waits for that as well.
      if (host.end !== undefined && signal === undefined) throw endedBy(host.end);
      open = error.message;
    }
    if (performance.now() > end) {
      throw new Error(`Waited in vain for quiet: ${open || "not yet"}; ${await whatWaits(host)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(LONGEST_MS, pause * 1.2);
  }
}

function endedBy({ code, stderr }: Finished): Error {
  return new Error(`The daemon ended with ${code}, told by nobody: ${stderr.slice(-2_000)}`);
}

/** What the daemon has yet to do; empty when nothing. */
async function whatIsOpen(host: CrashHost): Promise<string> {
  const { engine } = status.parse(await host.ask({ op: "status" }));
  const left = host.read(({ operations, transactions }) => ({
    operations: operations.unfinished().length,
    transactions: transactions.open().length,
  }));
  const found = [
    engine.phase === "running" ? "" : `it is ${engine.phase}`,
    engine.lastPass === null ? "no pass yet" : "",
    engine.queued === 0 ? "" : `${engine.queued} queued`,
    engine.busy.length === 0 ? "" : `busy with ${engine.busy.join(", ")}`,
    left.operations === 0 ? "" : `${left.operations} operations open`,
    left.transactions === 0 ? "" : `${left.transactions} transactions open`,
  ];
  return found.filter((text) => text !== "").join(", ");
}

/** What the daemon itself says of what waits, for whoever reads why a story came to no end. */
async function whatWaits(host: CrashHost): Promise<string> {
  try {
    const told = JSON.stringify(await host.ask({ op: "convergence" })).slice(0, 2_000);
    const open = host.read(({ operations }) => operations.unfinished());
    return `${told}; ${JSON.stringify(open).slice(0, 1_000)}`;
  } catch (error) {
    return `it does not tell what waits: ${error instanceof Error ? error.message : error}`;
  }
}
