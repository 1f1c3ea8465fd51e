import { assertEquals } from "@std/assert";
import { Promises } from "../../../src/reconcile/facts/promises.ts";
import type { Facts } from "../../../src/gate/mod.ts";
import { ACTION, facts, stopped } from "../../gate/scene.ts";

const free = facts({ place: { kind: "free" }, memory: { node: 8_192, most: 8_192, others: 100 } });
const others = (promises: Promises, subject: number) =>
  promises.beside({ ...free, subject }).memory?.others;

Deno.test("what one guest is being given counts for the others until it is through, and not for itself", () => {
  const promises = new Promises();
  {
    using _one = promises.claim(ACTION.create, free);
    assertEquals([others(promises, 102), others(promises, 101)], [100 + 1_024, 100]);
    const more = { ...ACTION.settings, params: { set: { memory: 3_048 }, unset: [] } };
    using _other = promises.claim({ ...more, guest: 103 }, facts({ subject: 103 }));
    assertEquals([others(promises, 102), others(promises, 103)], [2_124, 1_124]);
  }
  assertEquals(others(promises, 102), 100);
});

Deno.test("who is given nothing more claims nothing", () => {
  const promises = new Promises();
  const less = { ...ACTION.settings, params: { set: { memory: 100 }, unset: [] } };
  using _less = promises.claim(less, facts());
  using _start = promises.claim(ACTION.start, facts());
  assertEquals(others(promises, 102), 100);
});

/** Guest 101, stopped, as it is read for its start. */
const down = facts({ place: stopped(), macs: { holders: [], asOf: 0 } });
const MAC = "BC:24:11:00:00:01";

Deno.test("a guest that is being started has its MACs, for others and not for itself", () => {
  const promises = new Promises();
  const seen = (given: Facts) => promises.beside(given).macs?.holders;
  using _start = promises.claim(ACTION.start, down);
  assertEquals(seen({ ...down, subject: 102 }), [{ guest: 101, mac: MAC }]);
  assertEquals(seen({ ...down, subject: 102, macs: null }), [{ guest: 101, mac: MAC }]);
  assertEquals(seen(down), []);
});

Deno.test("a start that is through counts for who looked before it was, and for nobody after", () => {
  const promises = new Promises();
  const before = { ...down, subject: 102, macs: { holders: [], asOf: promises.asOf } };
  promises.claim(ACTION.start, down)[Symbol.dispose]();
  const after = { ...before, macs: { holders: [], asOf: promises.asOf } };
  assertEquals(promises.beside(before).macs?.holders, [{ guest: 101, mac: MAC }]);
  assertEquals(promises.beside(after).macs?.holders, []);
  assertEquals(promises.beside({ ...before, macs: null }).macs, null);
});

Deno.test("who is in the list already stays there beside who is being started", () => {
  const promises = new Promises();
  using _start = promises.claim(ACTION.start, down);
  const known = { guest: 103, mac: "BC:24:11:00:00:03" };
  const given = { ...down, subject: 102, macs: { holders: [known], asOf: 0 } };
  assertEquals(promises.beside(given).macs?.holders, [known, { guest: 101, mac: MAC }]);
});

Deno.test("what takes no guest up claims no MAC", () => {
  const promises = new Promises();
  using _snapshot = promises.claim(ACTION.snapshot, down);
  using _restart = promises.claim(ACTION.restart, facts());
  assertEquals(promises.beside({ ...down, subject: 102 }).macs?.holders, []);
});
