import { FakeClock } from "../../support/fake_clock.ts";
import { type Caller, callerOf } from "./caller.ts";
import { CAPTURES_BEGIN } from "./scenarios/captures.ts";
import { createPve, type Pve, type PveOptions } from "./mod.ts";

/** A host whose time stands still until a test moves it. */
export interface Simulated {
  readonly pve: Pve;
  readonly clock: FakeClock;
  readonly call: Caller;
  /** Moves time on until no task runs; a stuck one ends the waiting after an hour. */
  finish(): Promise<void>;
  /** Calls what answers a UPID, lets it finish, and answers how it ended. */
  run(call: string, params?: Parameters<Caller>[1], caller?: Caller): Promise<FinishedTask>;
  /** Moves time on while a call that waits is answered. */
  answered<T>(call: Promise<T>): Promise<T>;
}

export interface FinishedTask {
  readonly upid: string;
  readonly exitstatus: string | undefined;
  readonly log: readonly string[];
}

/** A host of a scenario, by default that of the captures at the time of the captures. */
export function simulate(options: Omit<PveOptions, "clock"> = {}): Simulated {
  const clock = new FakeClock(CAPTURES_BEGIN);
  const pve = createPve({ scenario: "captures", ...options, clock });
  const call = callerOf(pve);
  const isBusy = () => pve.world.tasks.all().some((task) => task.ended === undefined);
  async function finish(): Promise<void> {
    await clock.settle();
    for (let step = 0; step < 36_000 && isBusy(); step++) await clock.advance(100);
    await clock.advance(100);
  }
  async function answered<T>(pending: Promise<T>): Promise<T> {
    let isPending = true;
    const done = () => {
      isPending = false;
    };
    pending.then(done, done);
    await clock.settle();
    for (let step = 0; step < 36_000 && isPending; step++) await clock.advance(100);
    return await pending;
  }
  async function run(
    text: string,
    params: Parameters<Caller>[1] = {},
    caller: Caller = call,
  ): Promise<FinishedTask> {
    const upid = await answered(caller.data<string>(text, params));
    await finish();
    const task = pve.world.tasks.find(upid);
    const status = await call(`GET /nodes/pve/tasks/${encodeURIComponent(upid)}/status`);
    const body = JSON.parse(JSON.stringify(status.body ?? null));
    return { upid, exitstatus: body?.data?.exitstatus, log: [...task?.log ?? []] };
  }
  return { pve, clock, call, finish, run, answered };
}
