import { assertEquals, assertRejects } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import type { Reads } from "../../../src/proxmox/mod.ts";
import { placeScratch } from "../../../src/reconcile/transactions/place_scratch.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { operation } from "../../state/operation.ts";
import { openWork } from "../support/open_work.ts";

/** The work, with other reads of the host. */
function reading(work: Work, reads: Partial<Reads>): Work {
  return { ...work, eyes: { ...work.eyes, reads: { ...work.eyes.reads, ...reads } } };
}

async function refusal(work: Work): Promise<string> {
  const error = await assertRejects(() => placeScratch(work), FelhomError);
  assertEquals(error.code, "selftest.refused");
  return error.message.replace("Cannot make a guest for the self-test: ", "");
}

Deno.test("the first storage is taken that takes containers, is active and has snapshots; of all others it is told why not", async () => {
  await using opened = await openWork();
  const rows = [
    { storage: "backups", content: "backup,iso", type: "zfspool" },
    { storage: "off", content: "rootdir", type: "zfspool", enabled: false, active: true },
    { storage: "away", content: "images,rootdir", type: "zfspool", enabled: true, active: false },
    { storage: "thick", content: "rootdir", type: "lvm", enabled: true, active: true },
    { storage: "good", content: "images,rootdir", type: "lvmthin", enabled: true, active: true },
    { storage: "sparse", content: "rootdir" },
  ];
  const work = reading(opened.work, {
    storages: () => Promise.resolve(rows.map((row) => ({ type: "", ...row }))),
  });
  const over = (...storages: readonly string[]) => ({
    ...work,
    scratch: { ...work.scratch, storages },
  });
  const bad = ["gone", "backups", "off", "away", "thick"];
  assertEquals(
    await refusal(over(...bad)),
    "no storage of proxmox.storages takes a container with snapshots (" +
      "gone: not there, or not to be seen; backups: takes no containers; off: not active; " +
      "away: not active; thick: no snapshots (lvm))",
  );
  assertEquals((await placeScratch(over(...bad, "good", "sparse"))).storage, "good");
  assertEquals((await placeScratch(over("sparse", "good"))).storage, "sparse");
});

Deno.test("the cluster is asked for 32 VMIDs at most, from the highest of the range to its lowest", async () => {
  await using opened = await openWork();
  const asked: number[] = [];
  const work = reading(opened.work, {
    isFree: (vmid) => {
      asked.push(vmid);
      return Promise.resolve(false);
    },
  });
  assertEquals(await refusal(work), "no VMID from 200 to 299 is free, of 32 tried");
  assertEquals([asked.length, asked[0], asked.at(-1)], [32, 299, 268]);
  asked.length = 0;
  const drills = { first: 290, last: 292 };
  assertEquals(await refusal({ ...work, drills }), "no VMID from 290 to 292 is free");
  assertEquals(asked, [292, 291, 290]);
});

Deno.test("a VMID that is the journal's or the node's is not asked for", async () => {
  await using opened = await openWork();
  const { state, clock } = opened.work;
  const { world } = opened.simulator.pve;
  world.addGuest(299, world.guest(230).config);
  const at = clock.now();
  state.operations.authorise(operation("waits", { vmid: 298, at }));
  state.operations.authorise(operation("open", { vmid: 297, at, transaction: "t" }));
  state.operations.advance("open", "abandoned", { at });
  const action: Action = {
    kind: "guest.restore_over",
    guest: 201,
    params: { backup: "local:backup/one", storage: "local-zfs", new_vmid: 296 },
  };
  state.operations.authorise(operation("restores", { vmid: 201, at, action }));
  state.operations.advance("restores", "started", { at });
  const work = reading(opened.work, { isFree: () => Promise.resolve(true) });
  assertEquals((await placeScratch(work)).vmid, 295);
});
