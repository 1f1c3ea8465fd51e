import { assertEquals } from "@std/assert";
import { ACTION_KINDS, entryOf } from "../../src/action/mod.ts";
import { isExpectedTask, TASK_TYPES } from "../../src/proxmox/own_task.ts";

const EXPECTED = {
  node: "pve",
  owner: "felhom@pve!agent",
  types: TASK_TYPES["guest.start"],
  id: "201",
};

function upid(
  { node = "pve", type = "vzstart", id = "201", user = "felhom@pve!agent" },
): string {
  return `UPID:${node}:00001234:00005678:66A0B0C0:${type}:${id}:${user}:`;
}

for (
  const [what, answer, expected] of [
    ["its own", upid({}), true],
    ["that of high availability", upid({ type: "hastart" }), true],
    ["another node's", upid({ node: "pve2" }), false],
    ["another token's", upid({ user: "felhom@pve!other" }), false],
    ["the token's owner's", upid({ user: "felhom@pve" }), false],
    ["another kind of task", upid({ type: "vzdestroy" }), false],
    ["another guest's", upid({ id: "202" }), false],
    ["a task of no guest", upid({ id: "" }), false],
    ["no task", "done", false],
    ["a task's id with more behind it", `${upid({})}x`, false],
    ["nothing", null, false],
    ["a number", 201, false],
    ["a list of one", [upid({})], false],
  ] as const
) {
  Deno.test(`an answer that names ${what} is ${expected ? "" : "not "}taken for the call's task`, () => {
    assertEquals(isExpectedTask(answer, EXPECTED), expected);
  });
}

Deno.test("a call's task has one of the types that Proxmox gives it, and no other call has any", () => {
  assertEquals(TASK_TYPES, {
    "guest.start": ["vzstart", "hastart"],
    "guest.shutdown": ["vzshutdown", "hastop"],
    "guest.stop": ["vzstop", "hastop"],
    "guest.restart": ["vzreboot"],
    "guest.settings": [],
    "guest.create": ["vzrestore"],
    "guest.snapshot": ["vzsnapshot"],
    "guest.delete_snapshot": ["vzdelsnapshot"],
    "guest.rollback": ["vzrollback"],
    "guest.backup": ["vzdump"],
    "guest.prune": ["imgdel"],
    "guest.restore_over": ["vzrestore"],
    "guest.destroy": ["vzdestroy"],
    "golden.create": [],
    "disk.mount": [],
    "disk.unmount": [],
    "signers.rotate": [],
  });
  for (const kind of ACTION_KINDS) {
    if (entryOf(kind).route !== "api") assertEquals([kind, TASK_TYPES[kind]], [kind, []]);
  }
});
