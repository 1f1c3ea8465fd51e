import { assert, assertEquals } from "@std/assert";
import type { FaultRule } from "../../sim/mod.ts";
import { startEngine } from "./engine_host.ts";
import { mixedWishes } from "./mixed_wishes.ts";

const GUESTS = 200;
/** Part of all calls that fail, each of these ways with an equal share. */
const FAILING = 0.1;

const WAYS: readonly FaultRule["fault"][] = [
  { kind: "reset_before" },
  { kind: "reset_during" },
  { kind: "reset_after" },
  { kind: "close", run: true },
  { kind: "status", status: 500 },
  { kind: "status", status: 500, run: true },
  { kind: "status", status: 595 },
  { kind: "status", status: 596, run: true },
  { kind: "truncate" },
  { kind: "html", status: 502 },
];

Deno.test("200 guests converge while a tenth of all calls fails at random", async (t) => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  await t.step(`with the seed ${seed}`, async () => {
    await using host = await startEngine({
      simulator: { scenario: "mixed", guests: GUESTS, timeScale: 50, seed },
      managed: { first: 200, last: 999 },
    });
    const { simulator, want } = host.opened;
    // Asked one after the other: each has its share of what the ones before it let through.
    WAYS.forEach((fault, index) => {
      const share = FAILING / WAYS.length;
      simulator.wire.faults.add({ probability: share / (1 - index * share), fault });
    });
    want(...mixedWishes(GUESTS));
    host.engine.passNow();
    await host.converged(120_000);
    assertEquals(host.problems(), [], `seed ${seed}`);
    const struck = simulator.wire.faults.list().reduce((sum, rule) => sum + rule.struck, 0);
    assert(struck > GUESTS / 4, `only ${struck} calls failed`);
  });
});
