import { assertEquals } from "@std/assert";
import { halfMadeIn, laneOfTransaction } from "../../../src/reconcile/transactions/half_made.ts";
import type { NewOperation, State } from "../../../src/state/mod.ts";
import { operation } from "../../state/operation.ts";
import { withState } from "../../state/state_folder.ts";

const RESTORE = {
  kind: "guest.restore_over",
  guest: 101,
  params: { backup: "local:backup/vzdump-lxc-101-2026_11_19-01_00_00.tar.zst", storage: "local" },
};

/** Opens a transaction of a guest whose first step is an action. */
function open(
  state: State,
  id: string,
  vmid: number | null,
  action: NewOperation["action"] & { readonly [key: string]: unknown },
  at: number,
): void {
  state.transactions.join(id, { vmid, at });
  state.operations.authorise(operation(`${id}-1`, { transaction: id, vmid, action, at }));
}

Deno.test("A transaction is settled by who works on its guest, and a restore by who works on the new one", async () => {
  await withState((state) => {
    open(state, "snapshot", 101, { kind: "guest.snapshot", guest: 101, params: {} }, 1);
    open(state, "restore", 101, { ...RESTORE, params: { ...RESTORE.params, new_vmid: 150 } }, 2);
    open(state, "unreadable", 102, RESTORE, 3);
    open(state, "host", null, { kind: "guest.start", guest: 101, params: {} }, 4);
    state.transactions.join("empty", { vmid: 103, at: 5 });
    const lanes = state.transactions.open().map((one) => [one.id, laneOfTransaction(state, one)]);
    assertEquals(lanes, [
      ["snapshot", 101],
      ["restore", 150],
      ["unreadable", 102],
      ["host", "host"],
      ["empty", 103],
    ]);
    const inLane = (lane: number | "host") => halfMadeIn(state, lane).map(({ id }) => id);
    assertEquals([inLane(101), inLane(150), inLane("host"), inLane(7)], [
      ["snapshot"],
      ["restore"],
      ["host"],
      [],
    ]);
    state.transactions.close("restore", "committed", 6);
    assertEquals(inLane(150), []);
  });
});
