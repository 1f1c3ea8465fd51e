import { assert, assertEquals, assertRejects } from "@std/assert";
import { scaledClock } from "../sim/scaled_clock.ts";
import { spawnSimulator } from "../sim/spawn.ts";
import { openBareClient } from "./bare_client.ts";
import { convergeIdeally } from "./ideal_convergence.ts";

const TASK_MS = 2_000;
const SCALE = 20;

Deno.test("The ideal starts every guest with one call, asks once after it, and holds the limits", async () => {
  await using simulator = await spawnSimulator([
    ...["--scenario", "mixed", "--guests", "16"],
    ...["--task-ms", `${TASK_MS}`, "--time-scale", `${SCALE}`],
  ]);
  const bare = openBareClient(simulator);
  try {
    const vmids = Array.from({ length: 8 }, (_, index) => 201 + 2 * index);
    const parts = { bare, node: simulator.node, clock: scaledClock(SCALE), taskMs: TASK_MS };
    const limits = { guests: 4, proxied: 2, statusCalls: 6 };
    await convergeIdeally(vmids, limits, parts);
    const rows = await simulator.control.log();
    assertEquals(rows.filter(({ method }) => method === "POST").length, 8);
    assertEquals(rows.filter(({ path }) => path.endsWith("/lxc")).length, 2);
    const asked = rows.filter(({ path }) => path.includes("/tasks/")).length;
    assert(asked >= 8 && asked <= 16, `${asked}`);
    const { traffic } = await simulator.control.report();
    assert(traffic.inFlightHighWater <= limits.proxied, `${traffic.inFlightHighWater}`);
    // A task that takes longer than it knew is asked after as often as may be, and then given up.
    await simulator.control.inject({ kind: "crash", vmid: 201 });
    await simulator.control.inject({ kind: "task", fate: { kind: "stuck" }, vmid: 201 });
    await assertRejects(() => convergeIdeally([201], limits, parts), Error, "6 times");
  } finally {
    bare.close();
  }
});
