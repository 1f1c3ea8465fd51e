/** A self-test rolls its guest back only when nobody worked on it in its whole life. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { asUpid, type Reads, type Task } from "../../../src/proxmox/mod.ts";
import { placeScratch } from "../../../src/reconcile/transactions/place_scratch.ts";
import { runSelftest } from "../../../src/reconcile/transactions/selftest_task.ts";
import { openWork } from "../support/open_work.ts";

const VMID = 299;

/** The rows, newest first, with somebody's task of the second in which the guest was made. */
function withForeign(rows: readonly Task[]): Task[] {
  const snapshot = rows.findIndex(({ type }) => type === "vzsnapshot");
  const made = rows.find(({ type }) => type === "vzrestore");
  if (snapshot < 0 || made === undefined) return [...rows];
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
  const { starttime } = made;
  const pstart = made.pstart + 1;
  const upid = asUpid(
    `UPID:pve:00009999:${hex(pstart)}:${hex(starttime)}:resize:${VMID}:root@pam:`,
  );
  const foreign = { ...made, upid, pid: 0x9999, pstart, type: "resize", user: "root@pam" };
  return rows.toSpliced(snapshot + 1, 0, foreign);
}

/** Waits until the node's clock is two seconds further than when a task began. */
async function seconds({ nodeTime }: Reads, task: Task | undefined): Promise<void> {
  while (task !== undefined && await nodeTime() < task.starttime + 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("A task that runs no guest, of before the snapshot, keeps a self-test from going back to that", async () => {
  await using open = await openWork({
    reads: (reads: Reads): Reads => ({
      ...reads,
      tasks: async (how) => {
        const rows = await reads.tasks(how);
        return how?.vmid === VMID ? withForeign(rows) : rows;
      },
      guestSnapshots: async (vmid, how) => {
        await seconds(reads, (await reads.tasks({ source: "all", vmid })).at(-1));
        return await reads.guestSnapshots(vmid, how);
      },
    }),
  });
  const { work, simulator: { pve } } = open;
  const never = new AbortController().signal;
  const scratch = await placeScratch(work);
  const wish = { transaction: crypto.randomUUID(), vmid: VMID, scratch, stop: never };
  const report = await runSelftest(work, wish, never);
  assertEquals(report.steps.map(({ kind, outcome }) => `${kind} ${outcome}`), [
    "guest.create succeeded",
    "guest.settings succeeded",
    "guest.snapshot succeeded",
    "guest.rollback denied",
  ]);
  assertStringIncludes(report.problem ?? "", "somebody else's task worked on it");
  assertStringIncludes(report.problem ?? "", ":resize:299:");
  const sent = pve.world.tasks.all().filter(({ id }) => id === String(VMID));
  assertEquals(sent.some(({ type }) => type === "vzrollback"), false);
});
