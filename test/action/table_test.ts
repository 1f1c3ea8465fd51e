import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ACTION_KINDS,
  ACTIONS,
  entryOf,
  isActionKind,
  PARAMS,
  SETTING_NAMES,
} from "../../src/action/mod.ts";

Deno.test("Every mutation has its parameters, and nothing else has", () => {
  assertEquals(Object.keys(PARAMS).sort(), [...ACTION_KINDS].sort());
});

Deno.test("What reads is in the routing table, and is no action", () => {
  const reads = Object.entries(ACTIONS).filter(([, { mutates }]) => !mutates).map(([kind]) => kind);
  assertEquals(reads, ["hardware.smart", "hardware.sensors", "helper.health"]);
  assertEquals(reads.filter(isActionKind), []);
  assertEquals(ACTION_KINDS.length + reads.length, Object.keys(ACTIONS).length);
});

Deno.test("What the helper does is what no token can do", () => {
  const helper = ACTION_KINDS.filter((kind) => entryOf(kind).route === "helper");
  assertEquals(helper, ["golden.create", "disk.mount", "disk.unmount"]);
});

Deno.test("A signed operation has the name of its kind, and one only", () => {
  for (const kind of ACTION_KINDS) {
    const { operation } = entryOf(kind);
    assert(operation === null || operation === kind, kind);
  }
});

Deno.test("Whatever loses data, a way back to it, or trust can be signed for, by that class", () => {
  for (const kind of ACTION_KINDS) {
    const { loses, class: counted, operation } = entryOf(kind);
    const expected = { data: "data_loss", restore_point: "data_loss", trust: "trust" };
    const wanted = Object.hasOwn(expected, loses) ? Reflect.get(expected, loses) : "service";
    assertEquals(counted, wanted, kind);
    if (counted !== "service") assert(operation !== null, kind);
  }
});

Deno.test("What loses data has nothing that takes it back", () => {
  for (const kind of ACTION_KINDS) {
    const { loses, compensatedBy } = entryOf(kind);
    if (kind === "guest.restore_over") continue; // Its first step only makes a guest beside.
    if (["data", "restore_point", "trust"].includes(loses)) assertEquals(compensatedBy, null, kind);
  }
});

Deno.test("What is always passed is never what is never passed, and no parameter is either", () => {
  for (const kind of ACTION_KINDS) {
    const { always, never } = entryOf(kind);
    assertEquals(Object.keys(always).filter((key) => never.includes(key)), [], kind);
  }
  assertEquals(
    SETTING_NAMES.filter((name) => entryOf("guest.settings").never.includes(name)),
    [],
  );
});

Deno.test("Backups never prune, restores never force, destroys touch no stray disks", () => {
  assertEquals(ACTIONS["guest.backup"].always.remove, false);
  for (const kind of ["guest.create", "guest.restore_over", "guest.destroy"] as const) {
    assert(entryOf(kind).never.includes("force"), kind);
  }
  assert(entryOf("guest.destroy").never.includes("destroy-unreferenced-disks"));
});

Deno.test("Every row reads as a row: a verb first, a reason, a source", () => {
  for (const [kind, { summary, reason, source }] of Object.entries(ACTIONS)) {
    assertMatch(kind, /^[a-z]+\.[a-z_]+$/);
    assertMatch(summary, /^[A-Z][^|]+[^.|]$/, kind);
    assertMatch(reason, /^(?:[A-Z]|disks\/smart )[^|]+[^.|]$/, kind);
    assertMatch(source, /^(?:FACTS §|OBSERVED |api-|design)/, kind);
  }
});
