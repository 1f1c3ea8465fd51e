import { assert, assertEquals, assertRejects } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { isUpid, type Reads } from "../../../src/proxmox/mod.ts";
import { followTask } from "../../../src/reconcile/settling/follow_task.ts";
import { openWork } from "../support/open_work.ts";

const UPID = "UPID:pve:00001234:00005678:66A0B0C0:vzstart:230:felhom@pve!agent:";

type Look = "running" | "stopped" | Error;

/** Follows a task that shows so at each look, and then as at the last one. */
async function follow(looks: readonly Look[], wait: boolean) {
  await using open = await openWork();
  assert(isUpid(UPID));
  let asked = 0;
  const status = { upid: UPID, node: "pve", type: "vzstart", id: "230", user: "felhom@pve!agent" };
  const taskStatus: Reads["taskStatus"] = () => {
    const look = looks[Math.min(asked++, looks.length - 1)] ?? "stopped";
    if (look instanceof Error) return Promise.reject(look);
    const ended = look === "stopped" ? { exitstatus: "OK" } : {};
    return Promise.resolve({ ...status, starttime: 1, pid: 1, pstart: 1, status: look, ...ended });
  };
  const clock = { ...open.work.clock, sleep: () => Promise.resolve() };
  const eyes = { ...open.work.eyes, reads: { ...open.work.eyes.reads, taskStatus } };
  const signal = new AbortController().signal;
  const followed = await followTask({ eyes, clock }, UPID, { wait, limitMs: 600_000, signal });
  const { kind } = followed;
  return kind === "running" ? [kind, asked] : [kind, followed.result.outcome, asked];
}

const missing = new FelhomError("proxmox.missing", "No such task");

Deno.test("Who does not wait is told of a task that runs after one look, and who waits of its end", async () => {
  assertEquals(await follow(["running"], false), ["running", 1]);
  assertEquals(await follow(["running", "running", "stopped"], true), ["ended", "ok", 3]);
});

Deno.test("A task that has ended, or that the node knows no more, has ended for who does not wait as well", async () => {
  assertEquals(await follow(["stopped"], false), ["ended", "ok", 2]);
  assertEquals(await follow([missing, "stopped"], false), ["ended", "ok", 2]);
});

Deno.test("Who does not wait is told when the node does not answer, or does not let it look", async () => {
  const away = new FelhomError("proxmox.timeout", "It does not answer");
  await assertRejects(() => follow([away, "stopped"], false), FelhomError, "does not answer");
  await assertRejects(() => follow([new TypeError("a bug"), "stopped"], false), TypeError);
});
