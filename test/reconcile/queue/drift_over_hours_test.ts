import { assert, assertEquals } from "@std/assert";
import type { Blame } from "../../../src/reconcile/queue/blame.ts";
import { LaneQueue } from "../../../src/reconcile/queue/lane_queue.ts";
import { Ledger } from "../../../src/reconcile/queue/ledger.ts";
import { passInterval } from "../../../src/reconcile/queue/pass_interval.ts";
import { seededRandom } from "../../proxmox/support/seeded_random.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const HOUR_MS = 3_600_000;
const VMIDS = [101, 102, 103, 104, 105];
const R1 = { provider: "local", revision: "r1" };

/** Two workers and a pass every 30 s, for twelve hours; every try fails. */
async function twelveHours(blame: Blame): Promise<{
  readonly tries: ReadonlyMap<number, number[]>;
  readonly quarantined: number;
  readonly taken: number;
  readonly seed: number;
}> {
  const clock = new FakeClock();
  const random = seededRandom();
  const queue = new LaneQueue({ clock });
  const quarantined = new Set<number>();
  const ledger = new Ledger({
    clock,
    random: random.next,
    quarantines: {
      all: () => [],
      set: ({ vmid }) => void quarantined.add(vmid),
      lift: (vmid) => quarantined.delete(vmid),
    },
  });
  const guest = (vmid: number) => ({ vmid, settings: {}, restart: "never" }) as const;
  const desired = { ...R1, guests: new Map(VMIDS.map((vmid) => [vmid, guest(vmid)])) };
  const tries = new Map<number, number[]>(VMIDS.map((vmid) => [vmid, []]));
  const stop = new AbortController();
  let taken = 0;

  const work = async () => {
    for (
      let hold = await queue.take(stop.signal);
      hold !== null;
      hold = await queue.take(stop.signal)
    ) {
      taken += 1;
      const vmid = Number(hold.lane);
      let turn = ledger.turn(vmid);
      if (turn.may) {
        tries.get(vmid)?.push(clock.monotonic());
        ledger.failed(vmid, { of: R1, step: "start", problem: "it failed", blame });
        turn = ledger.turn(vmid);
      }
      hold.release(turn.may || turn.inMs === null ? {} : { againInMs: turn.inMs });
    }
  };
  const pass = async () => {
    while (!stop.signal.aborted) {
      ledger.follow(desired);
      for (const vmid of VMIDS) queue.mark(vmid);
      await clock.sleep(passInterval(random.next()), stop.signal);
    }
  };
  const running = [work(), work(), pass().catch(() => {})];
  await clock.advance(12 * HOUR_MS);
  queue.close();
  stop.abort();
  await Promise.all(running);
  assertEquals(clock.sleeping, 0);
  return { tries, quarantined: quarantined.size, taken, seed: random.seed };
}

Deno.test("Passes that mark a guest each half minute do not beat its back-off", async () => {
  const { tries, quarantined, taken, seed } = await twelveHours("circumstances");
  for (const [vmid, times] of tries) {
    assert(times.length > 135 && times.length < 170, `${vmid}: ${times.length}, seed ${seed}`);
    for (const [index, at] of times.entries()) {
      const before = times[index - 1];
      if (before === undefined) continue;
      const least = Math.min(240_000, 1_600 * 2 ** (index - 1));
      assert(at - before >= least, `${vmid}: ${at - before} ms at ${index}, seed ${seed}`);
    }
  }
  assertEquals(quarantined, 0);
  // Once a pass, once a delay's end: no worker spins.
  assert(taken < VMIDS.length * (12 * HOUR_MS / 24_000 + 170), `${taken} taken, seed ${seed}`);
});

Deno.test("What fails by itself is tried five times in twelve hours", async () => {
  const { tries, quarantined } = await twelveHours("revision");
  assertEquals([...tries.values()].map(({ length }) => length), VMIDS.map(() => 5));
  assertEquals(quarantined, VMIDS.length);
});
