import { assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import { tieUp } from "../../../src/reconcile/recovery/tie_up.ts";
import { openWork } from "../support/open_work.ts";

const OLD = 201;
const NEW = 251;

Deno.test("after a restore that came to nothing nobody is asked to sign that the guest goes", async () => {
  await using open = await openWork();
  const { work, work: { state, clock, eyes: { reads } } } = open;
  const backups = await reads.storageContent("local", { content: "backup", vmid: parseVmid(OLD) });
  const backup = backups.find(({ vmid }) => vmid === OLD)?.volid ?? "";
  const action: Action = {
    kind: "guest.restore_over",
    guest: OLD,
    params: { backup, storage: "local-zfs", new_vmid: NEW },
  };
  const at = clock.now();
  const nodeTime = await reads.nodeTime();
  state.operations.authorise({
    ...{ id: "one", transaction: "t", vmid: OLD, action, at, origin: "job" },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
  state.operations.advance("one", "started", {
    at,
    detail: { before: { backup_bytes: 1 }, nodeTime },
  });
  const [operation] = state.operations.ofTransaction("t");
  if (operation === undefined) throw new Error("The journal has the operation");
  assertEquals(await tieUp(work, operation, new AbortController().signal), true);
  assertEquals(state.operations.get("one")?.state, "failed");
  assertEquals(state.pending.list(clock.now()), []);
});
