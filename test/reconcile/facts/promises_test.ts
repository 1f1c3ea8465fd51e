import { assertEquals } from "@std/assert";
import { Promises } from "../../../src/reconcile/facts/promises.ts";
import { ACTION, facts } from "../../gate/scene.ts";

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
