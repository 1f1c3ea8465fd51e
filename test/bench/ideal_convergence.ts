import type { Clock } from "../../src/clock.ts";
import { Semaphore } from "../../src/proxmox/semaphore.ts";
import { inLanes } from "../support/in_lanes.ts";
import type { BareClient } from "./bare_client.ts";

/** What the server is to be spared, on either side of the comparison. */
export interface ConvergenceLimits {
  /** Guests that are worked on at once. */
  readonly guests: number;
  /** Calls in flight that pvedaemon has to do. */
  readonly proxied: number;
  /** Times that one task is asked after. */
  readonly statusCalls: number;
}

export interface ConvergenceParts {
  readonly bare: BareClient;
  readonly node: string;
  readonly clock: Clock;
  /** How long a task takes, milliseconds of `clock`. */
  readonly taskMs: number;
}

/** A task may be asked after once a second (FACTS §7.3). */
const POLL_MS = 1_000;

/**
 * Starts guests with the least that can be asked: one list before, a start and the task's end for
 * each, one list after. It knows how long a task takes, and asks for the first time when it is over.
 *
 * @throws {Error} when a guest does not run in the end, or a limit is not held
 */
export async function convergeIdeally(
  vmids: readonly number[],
  limits: ConvergenceLimits,
  { bare, node, clock, taskMs }: ConvergenceParts,
): Promise<void> {
  const inFlight = openLimit(limits.proxied);
  const list = () => inFlight(() => bare.get(`/nodes/${node}/lxc`));
  await list();
  await inLanes(vmids, async (vmid) => {
    const started = await inFlight(() => bare.post(`/nodes/${node}/lxc/${vmid}/status/start`));
    const { data: upid } = JSON.parse(started);
    const path = `/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`;
    await clock.sleep(taskMs);
    for (let asked = 1;; asked++) {
      const { data } = JSON.parse(await inFlight(() => bare.get(path)));
      if (data.status === "stopped") return;
      if (asked === limits.statusCalls) throw new Error(`Asked after ${upid} ${asked} times`);
      await clock.sleep(POLL_MS);
    }
  }, { atOnce: limits.guests });
  const { data }: { data: { vmid: number; status: string }[] } = JSON.parse(await list());
  const stopped = data.find((row) => vmids.includes(row.vmid) && row.status !== "running");
  if (stopped !== undefined) throw new Error(`Guest ${stopped.vmid} was not started`);
}

/** Lets at most so many calls be in flight. */
function openLimit(places: number): <T>(call: () => Promise<T>) => Promise<T> {
  const lane = new Semaphore(places);
  return async (call) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const caller = { admitted: resolve };
    lane.enter(caller);
    await promise;
    try {
      return await call();
    } finally {
      lane.leave(caller);
    }
  };
}
