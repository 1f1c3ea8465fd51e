import { assert, assertEquals } from "@std/assert";
import type { Work } from "../../../src/reconcile/work.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { runEngine, wanted } from "./run_engine.ts";

/** From 200 on, the even ones running and the odd ones stopped, all alike. */
const ALIKE = { scenario: "mixed", guests: 6 } as const;

/** Work whose reads wait where a test says; all else is as it was. */
function withReads(work: Work, reads: Partial<Work["eyes"]["reads"]>): Work {
  return { ...work, eyes: { ...work.eyes, reads: { ...work.eyes.reads, ...reads } } };
}

Deno.test("workers that get on do not vouch for a pass that hangs", async () => {
  const clock = new FakeClock(Date.now());
  const release = Promise.withResolvers<void>();
  let asked = 0;
  await using host = await runEngine({
    simulator: ALIKE,
    clock,
    prepare: ({ want }) => void want(wanted(200, { settings: { cores: 3 } })),
    alter: (work) =>
      withReads(work, {
        // The second list of guests never comes.
        async guests(options) {
          if (++asked === 2) await release.promise;
          return await work.eyes.reads.guests(options);
        },
      }),
  });
  const { engine, desk } = host;
  const idle = () => engine.queue.busy.length === 0 && engine.queue.queued === 0;
  try {
    await host.until(() => engine.nextPassInMs !== null && idle());
    await clock.advance(40_000);
    await host.until(() => asked === 2);
    const stuck = engine.lastProgress;
    await clock.advance(60_000);
    const action = {
      kind: "guest.settings",
      guest: 202,
      params: { set: { cores: 3 }, unset: [] },
    };
    const taken = await desk.request({ action, why: "asked for" });
    assert(taken.outcome === "authorised", JSON.stringify(taken));
    const { operations } = host.work.state;
    await host.until(() => operations.get(taken.operation)?.state === "succeeded" && idle());
    assertEquals(engine.lastProgress, stuck);
  } finally {
    release.resolve();
  }
  await host.until(() => engine.report().passes === 2 && engine.nextPassInMs !== null);
  assertEquals(engine.lastProgress, clock.monotonic());
});

Deno.test("a pass that is slow advances with each guest that it reads", async () => {
  const clock = new FakeClock(Date.now());
  const gates: (() => void)[] = [];
  const over = Promise.withResolvers<void>();
  await using host = await runEngine({
    simulator: ALIKE,
    clock,
    prepare: ({ want }) => void want(...[200, 201, 202].map((vmid) => wanted(vmid))),
    alter: (work) =>
      withReads(work, {
        async guestPending(vmid, options) {
          const gate = Promise.withResolvers<void>();
          gates.push(gate.resolve);
          await Promise.race([gate.promise, over.promise]);
          return await work.eyes.reads.guestPending(vmid, options);
        },
      }),
  });
  const { engine } = host;
  try {
    await host.until(() => gates.length === 3);
    for (const gate of gates.splice(0)) {
      await clock.advance(60_000);
      assert(engine.lastProgress < clock.monotonic());
      assertEquals(engine.report().passes, 0);
      gate();
      await host.until(() => engine.lastProgress === clock.monotonic());
    }
    await host.until(() => engine.report().passes === 1);
  } finally {
    over.resolve();
  }
});
