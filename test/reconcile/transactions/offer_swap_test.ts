import { assertEquals, assertRejects } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { offerSwap } from "../../../src/reconcile/transactions/offer_swap.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { openWork } from "../support/open_work.ts";

const RESTORED = {
  kind: "guest.restore_over",
  guest: 201,
  params: {
    backup: "local:backup/vzdump-lxc-201-2026_07_01-03_00_00.tar.zst",
    storage: "local-zfs",
    new_vmid: 251,
  },
};

/** Offers the second step after an operation, and says what waits for a signature then, and was logged. */
async function offered(action: unknown, facts?: Work["facts"]) {
  await using opened = await openWork(facts === undefined ? {} : { facts });
  const { work, work: { state, clock } } = opened;
  const told: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (_message, fields) => void told.push(fields) };
  await offerSwap({ ...work, log }, { id: "one", action }, new AbortController().signal);
  return { wishes: state.pending.list(clock.now()).map(({ kind, vmid }) => [kind, vmid]), told };
}

Deno.test("after a restore beside a guest the guest's destruction waits for a signature", async () => {
  assertEquals(await offered(RESTORED), { wishes: [["guest.destroy", 201]], told: [] });
});

Deno.test("after all else, and what cannot be read, nothing is put before an operator", async () => {
  const { kind: _, ...cut } = RESTORED;
  for (const action of [{ kind: "guest.start", guest: 201, params: {} }, cut, null]) {
    assertEquals(await offered(action), { wishes: [], told: [] });
  }
});

Deno.test("that the host cannot be read is told, and a bug is thrown", async () => {
  const away = new FelhomError("proxmox.timeout", "It does not answer");
  assertEquals(await offered(RESTORED, () => Promise.reject(away)), {
    wishes: [],
    told: [{ operation: "one", guest: 201, newVmid: 251, error: "It does not answer" }],
  });
  await assertRejects(
    () => offered(RESTORED, () => Promise.reject(new RangeError("a bug"))),
    RangeError,
    "a bug",
  );
});
