import { assertEquals } from "@std/assert";
import { runEngine } from "./run_engine.ts";

/** A wish of its own each time. */
function snapshot(guest: number, name: string) {
  const action = { kind: "guest.snapshot", guest, params: { snapshot: name, description: "" } };
  return { action, why: "somebody asks" };
}

Deno.test("of wishes that nobody signed, sixteen wait for a guest at most; another guest's are taken", async () => {
  await using host = await runEngine();
  const { desk, work: { state }, simulator } = host;
  await host.until(() => host.engine.phase === "running");
  // Nothing gets on there.
  simulator.pve.inject({ kind: "lock", vmid: 201, lock: "backup" });
  const said = [];
  for (let nth = 0; nth < 18; nth++) {
    const taken = await desk.request(snapshot(201, `wish-${nth}`));
    said.push(taken.outcome === "refused" ? taken.code : taken.outcome);
  }
  assertEquals(said, [...Array(16).fill("authorised"), ...Array(2).fill("too_many_waiting")]);
  assertEquals(state.operations.unfinishedOf(201).length, 16);
  const same = await desk.request(snapshot(201, "wish-3"));
  assertEquals(same.outcome, "authorised", "what waits already is no other wish");
  simulator.pve.inject({ kind: "lock", vmid: 210, lock: "backup" });
  assertEquals((await desk.request(snapshot(210, "wish-1"))).outcome, "authorised");
});
