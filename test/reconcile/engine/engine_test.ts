import { assert, assertEquals } from "@std/assert";
import { runEngine, wanted } from "./run_engine.ts";

Deno.test("drift is healed at once, and a second pass over a converged host plans nothing", async () => {
  await using host = await runEngine({
    simulator: { scenario: "drift" },
    prepare: (open) => {
      open.want(
        wanted(201, { state: "running", settings: { memory: 2048, tags: ["customer", "web"] } }),
        wanted(210, { state: "running" }),
      );
    },
  });
  await host.quiet();
  assertEquals(host.engine.report().lastPass?.planned, 0);
  assertEquals(host.desk.convergence().converged, 2);
  const world = host.simulator.pve.world;
  assertEquals(world.guest(201).config.options.get("memory"), "2048");
});

Deno.test("the pause between two passes is the one that is configured", async () => {
  await using host = await runEngine({ passIntervalMs: 5_000 });
  await host.until(() => host.engine.nextPassInMs !== null);
  const pause = host.engine.nextPassInMs ?? Infinity;
  assert(pause <= 6_000, String(pause));
});
