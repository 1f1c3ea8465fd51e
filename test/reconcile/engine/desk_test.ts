import { assertEquals } from "@std/assert";
import { FakeClock } from "../../support/fake_clock.ts";
import { guestDigest } from "../../sim/pve/world/guest.ts";
import { runEngine } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 4 } as const;

function document(revision: string, guests: Record<string, unknown>): string {
  return JSON.stringify({ version: 1, revision, guests });
}

Deno.test("a guest that is scratch is none any more once a desired state names it, for good", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    local: true,
    prepare({ work: { state, clock }, simulator: { pve } }) {
      const made = { transaction: "drill", operation: "1", creation: null, at: clock.now() };
      for (const vmid of [201, 203]) {
        // What runs is none either, unless the agent started it.
        if (pve.world.isRunning(vmid)) pve.inject({ kind: "crash", vmid });
        pve.inject({ kind: "change-config", vmid, set: { net0: null } });
        const volumes = [`local-zfs:subvol-${vmid}-disk-0`];
        const digest = guestDigest(pve.world.guest(vmid).config);
        state.guests.record({ ...made, vmid, volumes, macs: [], digest, scratch: true });
      }
    },
  });
  const { desk, work: { state } } = host;
  const lost = () => [201, 203].map((vmid) => state.guests.get(vmid)?.scratchLostAt !== null);
  await desk.apply(document("dry", { "201": {} }), { dryRun: true });
  assertEquals(lost(), [false, false]);
  await desk.apply(document("one", { "201": {} }), { dryRun: false });
  assertEquals(lost(), [true, false]);
  await desk.apply(document("two", {}), { dryRun: false });
  assertEquals(lost(), [true, false], "named once, it is no scratch again");
});

Deno.test("a dry run tells the plan and takes nothing; what is applied is passed over at once", async () => {
  // Time stands still: no pass is made because its time has come.
  await using host = await runEngine({ simulator: ALIKE, local: true, clock: new FakeClock() });
  const { desk, engine } = host;
  await host.until(() => engine.nextPassInMs !== null);
  const wish = document("one", { "200": { cores: 3 } });
  const dry = await desk.apply(wish, { dryRun: true });
  assertEquals([dry.accepted, dry.steps], [false, 1]);
  assertEquals(dry.plan.split("\n")[0], "200 customer-1: set cores 2 -> 3");
  assertEquals(desk.convergence().guests, 0);
  const { passes } = engine.report();
  assertEquals((await desk.apply(wish, { dryRun: false })).accepted, true);
  await host.until(() => engine.report().passes === passes + 1);
  await host.quiet();
  assertEquals(host.sent(), ["PUT /nodes/pve/lxc/200/config"]);
  assertEquals((await desk.apply(wish, { dryRun: false })).accepted, false, "nothing new");
});
