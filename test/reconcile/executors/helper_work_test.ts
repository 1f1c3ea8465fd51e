import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { redeem } from "../../../src/gate/mod.ts";
import type { HelperMutations } from "../../../src/helper/mod.ts";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import { mountDisk } from "../../../src/reconcile/executors/disk_mount.ts";
import { unmountDisk } from "../../../src/reconcile/executors/disk_unmount.ts";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { createGolden } from "../../../src/reconcile/executors/golden_create.ts";
import { facts } from "../../gate/scene.ts";
import { emptyConfig } from "../../sim/pve/world/config_file.ts";
import { action, carry, type ExecutorRig, openExecutorRig } from "./executor_rig.ts";

const VMID = 290;
const UUID = "0f3a7a7e-6d2b-4a7e-9d53-1d6a2b3c4d5e";

const golden = action("golden.create", {
  guest: VMID,
  params: {
    template: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst",
    hostname: "golden",
    cores: 2,
    memory: 1024,
    rootfs: { storage: "local-zfs", gib: 8 },
  },
});
const mount = action("disk.mount", { guest: null, params: { uuid: UUID } });
const unmount = action("disk.unmount", { guest: null, params: { uuid: UUID } });

const CONFIG = {
  arch: "amd64",
  cores: "2",
  features: "nesting=1,keyctl=1",
  hostname: "golden",
  memory: "1024",
  ostype: "debian",
  rootfs: "local-zfs:subvol-290-disk-0,size=8G",
  swap: "512",
  unprivileged: "1",
};

interface Answers {
  readonly vmid?: number;
  readonly uuid?: string;
}

/** What a helper that does as it is told does to the simulated host; and what it says of it. */
function helperOn(
  rig: () => ExecutorRig,
  { vmid = VMID, uuid = UUID }: Answers,
): HelperMutations {
  const disk = { changed: true, uuid, name: "backup", target: "/mnt/felhom/backup" };
  return {
    createGolden(permit) {
      const { guest } = redeem(permit, "golden.create");
      rig().host.simulator.pve.world.addGuest(guest, emptyConfig(Object.entries(CONFIG)));
      return Promise.resolve({ vmid, config: CONFIG });
    },
    mountDisk(permit) {
      redeem(permit, "disk.mount");
      return Promise.resolve(disk);
    },
    unmountDisk(permit) {
      redeem(permit, "disk.unmount");
      return Promise.resolve(disk);
    },
  };
}

async function rigWithHelper(answers: Answers = {}): Promise<ExecutorRig> {
  const opened: { rig?: ExecutorRig } = {};
  const helper = helperOn(() => opened.rig ?? notOpen(), answers);
  opened.rig = await openExecutorRig({ helper });
  return opened.rig;
}

function notOpen(): never {
  throw new Error("The rig is not open");
}

const why = (effect: Effect) => effect.seen === "done" ? "" : effect.why;

Deno.test("the golden container is made by the helper, and held against what was asked for", async () => {
  await using rig = await rigWithHelper();
  const { effect } = await carry(rig, createGolden, { action: golden });
  const { digest } = await rig.host.reads.guestConfig(parseVmid(VMID));
  assertEquals(effect, {
    seen: "done",
    traces: [{
      kind: "guest_made",
      digest,
      vmid: VMID,
      volumes: ["local-zfs:subvol-290-disk-0"],
      macs: [],
    }, { kind: "transaction_committed" }],
  });
  const wrong: readonly (readonly [Readonly<Record<string, string | null>>, string])[] = [
    [{ features: "nesting=1" }, "it lacks the feature keyctl=1"],
    [{ hostname: "other" }, "hostname"],
    [{ cores: "1" }, "cores"],
    [{ memory: "512" }, "memory"],
    [{ rootfs: "local-zfs:subvol-290-disk-0,size=4G" }, "size in GiB is 4, not 8"],
    [{ rootfs: "local:290/vm-290-disk-0.raw,size=8G" }, "is not on local-zfs"],
    [{ net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01" }, "it has an interface, net0"],
    [{ unprivileged: null }, "it is privileged"],
  ];
  const { pve } = rig.host.simulator;
  const sound = pve.world.guest(VMID).config;
  for (const [set, expected] of wrong) {
    pve.inject({ kind: "change-config", vmid: VMID, set });
    const ending = { how: "answered" } as const;
    const seen = await createGolden.verify(golden, { before: null, ending }, rig.eyes);
    assertStringIncludes(why(seen), expected);
    pve.world.guest(VMID).config = sound;
  }
});

Deno.test("after a lost answer the golden container itself is looked at, and not marked as made", async () => {
  await using rig = await rigWithHelper();
  const story = { before: null, ending: { how: "lost" } } as const;
  assertEquals((await createGolden.verify(golden, story, rig.eyes)).seen, "nothing");
  await carry(rig, createGolden, { action: golden });
  assertEquals(await createGolden.verify(golden, story, rig.eyes), {
    seen: "done",
    traces: [{ kind: "transaction_committed" }],
  });
  rig.host.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: "create" });
  const half = await createGolden.verify(golden, story, rig.eyes);
  assertEquals([half.seen, why(half).includes("lock=create")], ["other", true]);
});

Deno.test("an answer about something else is not taken, and what became of it is not known", async () => {
  await using rig = await rigWithHelper({
    vmid: 291,
    uuid: "11111111-6d2b-4a7e-9d53-1d6a2b3c4d5e",
  });
  for (
    const carried of [
      () => carry(rig, createGolden, { action: golden }),
      () => carry(rig, mountDisk, { action: mount }),
      () => carry(rig, unmountDisk, { action: unmount }),
    ]
  ) {
    const error = await assertRejects(carried, FelhomError);
    assertEquals([error.code, error.retry], ["helper.malformed", "unknown"]);
  }
});

Deno.test("a disk is mounted and unmounted by the helper, whose answer is the effect", async () => {
  await using rig = await rigWithHelper();
  assertEquals((await carry(rig, mountDisk, { action: mount })).effect, { seen: "done" });
  assertEquals((await carry(rig, unmountDisk, { action: unmount })).effect, { seen: "done" });
  const story = { before: null, ending: { how: "lost" } } as const;
  assertEquals((await mountDisk.verify(mount, story, rig.eyes)).seen, "other");
  assertEquals((await unmountDisk.verify(unmount, story, rig.eyes)).seen, "other");
});

Deno.test("without a helper nothing is begun that takes one, and a taken VMID neither", async () => {
  await using rig = await openExecutorRig();
  const none = {
    holds: false,
    why: "There is no privileged helper on this host (privileged.mode is off)",
    passes: false,
  } as const;
  assertEquals(await createGolden.check(golden, facts(), rig.eyes), none);
  assertEquals(await mountDisk.check(mount, facts(), rig.eyes), none);
  assertEquals(await unmountDisk.check(unmount, facts(), rig.eyes), none);
  await using helped = await rigWithHelper();
  const taken = await createGolden.check({ ...golden, guest: 201 }, facts(), helped.eyes);
  assertEquals(taken, { holds: false, why: "VMID 201 is taken", passes: false });
});
