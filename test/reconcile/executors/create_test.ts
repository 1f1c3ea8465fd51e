import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { createGuest } from "../../../src/reconcile/executors/create.ts";
import { ApiError, parseVmid } from "../../../src/proxmox/mod.ts";
import { facts } from "../../gate/scene.ts";
import { action, carry, type ExecutorRig, openExecutorRig } from "./executor_rig.ts";
import { until } from "../../sim/wire/until.ts";

const VMID = 205;

async function goldenImage({ host: { reads } }: ExecutorRig): Promise<string> {
  const backups = await reads.storageContent("local", { content: "backup", vmid: parseVmid(900) });
  return backups[0]?.volid ?? "";
}

async function creation(rig: ExecutorRig, changes: Readonly<Record<string, unknown>> = {}) {
  return action("guest.create", {
    guest: VMID,
    params: {
      image: await goldenImage(rig),
      storage: "local-zfs",
      hostname: "florist",
      network: {
        bridge: "vmbr0",
        vlan: 20,
        ipv4: "10.20.0.7/16",
        gateway: "10.20.0.1",
        link_down: false,
      },
      cores: 2,
      memory: 1024,
      swap: 0,
      onboot: true,
      tags: ["customer", "felhom"],
      description: "Florist, 100% fresh\nsecond line",
      ...changes,
    },
  });
}

/** The image as its guest was backed up with other options. */
function changeImage(
  { host: { simulator } }: ExecutorRig,
  options: Readonly<Record<string, string>>,
) {
  const { files } = simulator.pve.world.storage("local");
  for (const file of files.values()) {
    if (file.kind !== "backup" || file.vmid !== 900) continue;
    const merged = new Map([...file.config.options, ...Object.entries(options)]);
    files.set(file.volid, { ...file, config: { ...file.config, options: merged } });
  }
}

const kinds = (effect: Effect) =>
  effect.seen === "nothing" ? [] : (effect.traces ?? []).map(({ kind }) => kind);
const why = (effect: Effect) => effect.seen === "done" ? "" : effect.why;

Deno.test("a guest is made from the image as asked for, and is known by volume and MAC", async () => {
  await using rig = await openExecutorRig();
  const { effect, checked } = await carry(rig, createGuest, { action: await creation(rig) });
  assertEquals(effect.seen, "done", why(effect));
  assert(checked.holds);
  const config = await rig.host.reads.guestConfig(parseVmid(VMID));
  assertEquals(config.features, "keyctl=1,nesting=1");
  const mac = /hwaddr=([0-9A-F:]{17})/.exec(String(config["net0"]))?.[1] ?? "";
  assertEquals(effect.seen === "done" ? effect.traces : [], [
    {
      kind: "guest_made",
      vmid: VMID,
      volumes: [String(config.rootfs).split(",")[0] ?? ""],
      macs: [mac],
      digest: config.digest,
    },
    { kind: "transaction_committed" },
  ]);
});

Deno.test("without tags, description, address, the guest has none of the image's either", async () => {
  await using rig = await openExecutorRig();
  changeImage(rig, { description: "golden", onboot: "1", protection: "1" });
  const bare = await creation(rig, {
    tags: [],
    description: "",
    onboot: false,
    network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: true },
  });
  const { effect } = await carry(rig, createGuest, { action: bare });
  assertEquals(effect.seen, "done", why(effect));
});

Deno.test("an interface that the image has besides is a failed creation, and the guest is ours to destroy", async () => {
  await using rig = await openExecutorRig();
  changeImage(rig, { net1: "name=eth1,bridge=vmbr0,hwaddr=BC:24:11:00:00:99,type=veth" });
  const { effect } = await carry(rig, createGuest, { action: await creation(rig) });
  assertEquals([effect.seen, kinds(effect)], ["other", ["guest_made"]]);
  assertStringIncludes(why(effect), "the image brings net1 along, with the MAC it had");
});

Deno.test("a taken VMID and a missing image are seen under the permit", async () => {
  await using rig = await openExecutorRig();
  const asked = await creation(rig);
  const taken = await createGuest.check({ ...asked, guest: 201 }, facts(), rig.eyes);
  assertEquals(taken, { holds: false, why: "VMID 201 is taken", passes: false });
  rig.host.simulator.pve.world.storage("local").files.delete(asked.params.image);
  const gone = await createGuest.check(asked, facts(), rig.eyes);
  assertEquals(gone.holds, false);
  assertStringIncludes(gone.holds ? "" : gone.why, "is not there");
});

Deno.test("whether the VMID is free is not taken from any other failure", async () => {
  await using rig = await openExecutorRig();
  const asked = await creation(rig);
  const said = "hostname lookup 'pve' failed - failed to get address info for: pve";
  for (const status of [500, 403] as const) {
    rig.host.simulator.wire.faults.add({
      method: "GET",
      route: "/nodes/{node}/lxc/{vmid}/config",
      count: 1,
      fault: { kind: "status", status, reason: said, body: { data: null, message: `${said}\n` } },
    });
    await assertRejects(() => createGuest.check(asked, facts(), rig.eyes), ApiError);
  }
  assert((await createGuest.check(asked, facts(), rig.eyes)).holds, "it is free");
});

Deno.test("a task that failed left nothing, and what stands there then is somebody else's", async () => {
  await using rig = await openExecutorRig();
  const { pve } = rig.host.simulator;
  pve.inject({ kind: "task", type: "vzrestore", fate: { kind: "fail", message: "no space left" } });
  const asked = await creation(rig);
  const { effect, ending } = await carry(rig, createGuest, { action: asked });
  assertEquals(effect.seen, "nothing");
  assertStringIncludes(why(effect), "no space left");
  await carry(rig, createGuest, { action: asked });
  const later = await createGuest.verify(asked, { before: null, ending }, rig.eyes);
  assertEquals([later.seen, kinds(later)], ["nothing", []]);
});

Deno.test("a task that was killed leaves its lock, which the agent says and does not claim", async () => {
  await using rig = await openExecutorRig();
  const { pve } = rig.host.simulator;
  pve.inject({ kind: "task", type: "vzrestore", fate: { kind: "stuck" } });
  const asked = await creation(rig);
  const carried = carry(rig, createGuest, { action: asked });
  await until(() => pve.world.guests.has(VMID));
  pve.inject({ kind: "restart-daemon" });
  const { effect } = await carried;
  assertEquals([effect.seen, kinds(effect)], ["other", []]);
  assertStringIncludes(why(effect), "lock=create");
});

Deno.test("every setting that is not as asked for is named", async () => {
  await using rig = await openExecutorRig();
  const asked = await creation(rig);
  const { ending } = await carry(rig, createGuest, { action: asked });
  const wrong: readonly (readonly [Readonly<Record<string, string | null>>, RegExp])[] = [
    [{ hostname: "other" }, /hostname is "other", not "florist"/],
    [{ cores: "1" }, /cores is 1, not 2/],
    [{ memory: "512" }, /memory is 512, not 1024/],
    [{ swap: null }, /swap is 512, not 0/],
    [{ onboot: "0" }, /onboot is false, not true/],
    [{ protection: "1" }, /it is protected/],
    [{ tags: "felhom;golden" }, /tags is "felhom;golden", not "customer;felhom"/],
    [{ description: null }, /description is not set/],
    [{ unprivileged: null }, /it is privileged/],
    [{ template: "1" }, /it is a template/],
    [{ lock: "backup" }, /it is locked \(backup\)/],
    [{ rootfs: "local:205/vm-205-disk-0.raw,size=8G" }, /rootfs is not on local-zfs/],
    [{ rootfs: null }, /it has no root volume/],
    [{ net0: null }, /it has no net0/],
    [{
      net0: "name=eth0,bridge=vmbr1,hwaddr=BC:24:11:00:00:01,tag=20,ip=10.20.0.7/16,gw=10.20.0.1",
    }, /bridge is "vmbr1"/],
    [
      { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=10.20.0.7/16,gw=10.20.0.1" },
      /VLAN is not set/,
    ],
    [
      { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,tag=20,ip=dhcp,gw=10.20.0.1" },
      /address is "dhcp"/,
    ],
    [
      { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,tag=20,ip=10.20.0.7/16" },
      /gateway is not set/,
    ],
    [{
      net0:
        "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,tag=20,ip=10.20.0.7/16,gw=10.20.0.1,link_down=1",
    }, /link_down is true/],
    [{ net0: "name=eth0,bridge=vmbr0,tag=20,ip=10.20.0.7/16,gw=10.20.0.1" }, /net0 has no MAC/],
  ];
  const { pve } = rig.host.simulator;
  const sound = pve.world.guest(VMID).config;
  for (const [set, expected] of wrong) {
    pve.inject({ kind: "change-config", vmid: VMID, set });
    const effect = await createGuest.verify(asked, { before: null, ending }, rig.eyes);
    assertEquals(effect.seen, "other", JSON.stringify(set));
    assert(expected.test(why(effect)), why(effect));
    pve.world.guest(VMID).config = sound;
  }
  const again = await createGuest.verify(asked, { before: null, ending }, rig.eyes);
  assertEquals(again.seen, "done", why(again));
});

Deno.test("a guest that was started meanwhile is not what was asked for", async () => {
  await using rig = await openExecutorRig();
  const asked = await creation(rig);
  const { ending } = await carry(rig, createGuest, { action: asked });
  const { world } = rig.host.simulator.pve;
  const guest = world.guest(VMID);
  guest.running = { ...world.guest(201).running ?? fail() };
  const story = { before: null, ending, sinceAtWorkMs: () => 0 };
  const effect = await createGuest.verify(asked, story, rig.eyes);
  assertEquals([effect.seen, why(effect)], [
    "other",
    `Guest ${VMID} is not what was asked for: it runs`,
  ]);
  // It is somebody's by now: its transaction ends with this, for good.
  assertEquals(kinds(effect), ["guest_made", "guest_ran", "transaction_committed"]);
});

const LONG = 3_600_000;

for (
  const [name, sinceAtWorkMs] of [
    ["by a process that was there all the time, an hour after", () => LONG],
    ["by another process", () => null],
  ] as const
) {
  Deno.test(`What is not as asked for and is looked at ${name} is kept`, async () => {
    await using rig = await openExecutorRig();
    const asked = await creation(rig);
    const { ending } = await carry(rig, createGuest, { action: asked });
    const { pve } = rig.host.simulator;
    // The node's clock says that an hour has passed.
    rig.eyes.reads.nodeTime = () =>
      Promise.resolve(Math.floor(rig.host.simulator.clock.now() / 1000) + 3_600);
    pve.inject({ kind: "change-config", vmid: VMID, set: { hostname: "in-use" } });
    const effect = await createGuest.verify(
      asked,
      { before: null, ending, sinceAtWorkMs },
      rig.eyes,
    );
    assertEquals([effect.seen, kinds(effect)], ["other", ["guest_made", "transaction_committed"]]);
    const [made] = effect.seen === "other" ? effect.traces ?? [] : [];
    assertEquals(made?.kind === "guest_made" && made.digest, null);
    assertStringIncludes(why(effect), "It is kept");
  });
}

function fail(): never {
  throw new Error("Guest 201 does not run");
}

Deno.test("what is there as asked for after a lost answer is done, and not marked as made", async () => {
  await using rig = await openExecutorRig();
  const asked = await creation(rig);
  await carry(rig, createGuest, { action: asked });
  const story = { before: null, ending: { how: "lost" } } as const;
  const effect = await createGuest.verify(asked, story, rig.eyes);
  assertEquals([effect.seen, kinds(effect)], ["done", ["transaction_committed"]]);
  const other = await createGuest.verify(
    { ...asked, params: { ...asked.params, memory: 2048 } },
    story,
    rig.eyes,
  );
  assertEquals([other.seen, kinds(other)], ["other", []]);
  const nothing = await createGuest.verify({ ...asked, guest: 206 }, story, rig.eyes);
  assertEquals(nothing.seen, "nothing");
});
