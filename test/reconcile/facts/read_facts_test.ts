import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { decide, type Facts } from "../../../src/gate/mod.ts";
import { asVolid, parseVmid, type Reads } from "../../../src/proxmox/mod.ts";
import { readFacts } from "../../../src/reconcile/facts/read_facts.ts";
import { ACTION, intentTo, MINUTE } from "../../gate/scene.ts";
import { RULES } from "../../support/rules.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const GIB = 1024 ** 3;
const signal = new AbortController().signal;
const web = parseVmid(201);

/** A simulated host and what is read of it about one action. */
async function read(action: Action, before: (opened: OpenWork) => void = () => {}): Promise<Facts> {
  await using opened = await openWork();
  before(opened);
  return await opened.work.facts(action, signal);
}

/** The scene's action, about a guest of the simulated host. */
function about<A extends Action>(action: A, guest: number): A {
  return { ...action, guest };
}

function guestOf({ place }: Facts) {
  assert(place.kind === "here", `it is ${place.kind}`);
  return place.guest;
}

/** The facts of an action by reads of which some are other than the host's. */
async function readBy(
  {
    work: { state, provider, managed, eyes, clock, capacity },
    goldenImages,
    runningMacs,
    startupDelays,
  }: OpenWork,
  { action, reads }: { readonly action: Action; readonly reads: Partial<Reads> },
): Promise<Facts> {
  const sources = {
    ...{
      state,
      provider,
      managed,
      goldenImages,
      runningMacs,
      startupDelays,
      capacity,
      rules: RULES,
    },
    now: () => clock.now(),
  };
  return await readFacts(action, { ...sources, reads: { ...eyes.reads, ...reads } }, { signal });
}

/** What was asked of Proxmox, each once, without what differs by the guest. */
function asked({ simulator }: OpenWork): string[] {
  return [...new Set(simulator.wire.log.rows().map(({ method, route }) => `${method} ${route}`))]
    .map((each) => each.replace("/nodes/{node}", "")).toSorted();
}

Deno.test("A running guest is read: its name, what it uses, and what it can be told by", async () => {
  await using opened = await openWork();
  const facts = await opened.work.facts(about(ACTION.stop, web), signal);
  const { name, running, config, usage } = guestOf(facts);
  const live = await opened.work.eyes.reads.guestConfig(web, { live: true });
  assertEquals([name, running], ["acme-web", true]);
  assertEquals(config?.digest, live.digest);
  assertEquals([config?.memory, config?.swap, config?.linkDown], [2048, 512, false]);
  assertEquals(config?.identity.volumes, ["local-zfs:subvol-201-disk-0"]);
  assertEquals(config?.identity.macs.length, 1);
  assert(usage !== null && usage.memory > 0 && usage.memory <= 2048);
  assertEquals(facts.subject, 201);
  assertEquals(facts.managed, { first: 200, last: 299 });
  assertEquals([facts.journal, facts.made, facts.desired], ["current", null, false]);
});

Deno.test("A stopped guest uses nothing", async () => {
  const { running, usage } = guestOf(await read(about(ACTION.start, 230)));
  assertEquals([running, usage], [false, { memory: 0, swap: 0 }]);
});

Deno.test("What waits for a restart is part of what a guest is told by", async () => {
  const facts = await read(about(ACTION.stop, web), ({ simulator: { pve: { world } } }) => {
    const guest = world.guest(web);
    guest.config = {
      ...guest.config,
      pending: new Map([
        ["mp0", "local-zfs:subvol-201-disk-7,mp=/srv,size=1G"],
        ["memory", "4096"],
      ]),
    };
  });
  const { config } = guestOf(facts);
  assertEquals(config?.identity.volumes, [
    "local-zfs:subvol-201-disk-0",
    "local-zfs:subvol-201-disk-7",
  ]);
  assertEquals(config?.memory, 2048, "the memory that it has now");
});

Deno.test("A configuration that changes while it is read is not known", async () => {
  await using opened = await openWork();
  const { reads } = opened.work.eyes;
  const live = reads.guestConfig(web, { live: true });
  const facts = await readBy(opened, {
    action: about(ACTION.stop, web),
    reads: {
      async guestConfig(vmid, options) {
        const first = await live;
        if (options?.live === true) return first;
        opened.simulator.pve.inject({ kind: "change-config", vmid, set: { cores: "3" } });
        return await reads.guestConfig(vmid, options);
      },
    },
  });
  assertEquals(guestOf(facts).config, null);
});

Deno.test("A guest that goes while it is read is gone", async () => {
  await using opened = await openWork();
  const live = await opened.work.eyes.reads.guestConfig(web, { live: true });
  opened.simulator.pve.inject({ kind: "vanish", vmid: web });
  const guestConfig = () => Promise.resolve(live);
  const action = about(ACTION.destroy, web);
  assertEquals((await readBy(opened, { action, reads: { guestConfig } })).place, { kind: "free" });
});

Deno.test("What a guest uses is told in MiB, rounded up, and is not known without figures", async () => {
  await using opened = await openWork();
  const { reads } = opened.work.eyes;
  const row = await reads.guestRow(web);
  const usage = async (figures: { readonly mem?: number; readonly swap?: number }) => {
    const { mem: _mem, swap: _swap, ...rest } = row;
    const guestRow = () => Promise.resolve({ ...rest, ...figures });
    const facts = await readBy(opened, {
      action: about(ACTION.settings, web),
      reads: { guestRow },
    });
    return guestOf(facts).usage;
  };
  const mib = 1024 ** 2;
  assertEquals(await usage({ mem: 5 * mib, swap: mib + 1 }), { memory: 5, swap: 2 });
  assertEquals(await usage({ mem: 5 * mib }), null);
  assertEquals(await usage({ swap: 0 }), null);
});

Deno.test("Only what an action is decided by is asked, and little of it of pvedaemon", async () => {
  const guest = [
    "GET /lxc/{vmid}/config",
    "GET /lxc/{vmid}/status/current",
  ];
  const content = "GET /storage/{storage}/content";
  const room = "GET /storage/{storage}/status";
  const config = "GET /vzdump/extractconfig";
  const snapshots = "GET /lxc/{vmid}/snapshot";
  const free = "GET /cluster/nextid";
  const storage = "local-zfs";
  const memory = ["GET /lxc", "GET /status"];
  const settings = (values: Record<string, number>): Action =>
    about({ ...ACTION.settings, params: { set: values, unset: [] } }, web);
  const [more, less] = [settings({ memory: 4_096 }), settings({ memory: 1_024 })];
  const create = about(
    { ...ACTION.create, params: { ...ACTION.create.params, storage } },
    299,
  );
  const golden = about(
    { ...ACTION.golden, params: { ...ACTION.golden.params, rootfs: { storage, gib: 8 } } },
    299,
  );
  const restore = about(
    { ...ACTION.restoreOver, params: { ...ACTION.restoreOver.params, storage } },
    web,
  );
  const rows: readonly (readonly [Action, readonly string[], number?])[] = [
    [about(ACTION.start, web), guest],
    [about(ACTION.stop, web), guest],
    [about(ACTION.settings, web), guest],
    [about(ACTION.destroy, web), guest],
    [about(ACTION.snapshot, web), [...guest, snapshots, room]],
    [about(ACTION.deleteSnapshot, web), [...guest, snapshots]],
    [about(ACTION.rollback, web), [...guest, snapshots, "GET /storage"]],
    [about(ACTION.backup, web), [...guest, content, room]],
    [create, [free, config, room, ...memory]],
    [golden, [free, room, ...memory]],
    [more, [...guest, ...memory]],
    // Of a day and of a month.
    [less, [...guest, "GET /lxc/{vmid}/rrddata"], 1],
    [restore, [...guest, free, config, room]],
    [ACTION.mount, []],
    [ACTION.rotate, []],
  ];
  // What all guests take is read once in a while, and serves every action: the while does not end here.
  await using opened = await openWork({ clock: new FakeClock() });
  await opened.work.facts(about(ACTION.snapshot, 202), signal);
  for (const [action, expected, again = 0] of rows) {
    opened.simulator.wire.log.clear();
    await opened.work.facts(action, signal);
    assertEquals(asked(opened), expected.toSorted(), action.kind);
    const calls = opened.simulator.wire.log.rows().length;
    assert(calls <= expected.length + 1 + again, `${action.kind}: ${calls} calls`);
  }
});

Deno.test("A guest is promised memory beside what the others of the node are promised", async () => {
  await using opened = await openWork();
  const { work, simulator: { pve: { world } } } = opened;
  const more = about({ ...ACTION.settings, params: { set: { memory: 4_096 }, unset: [] } }, web);
  const others = [...world.guests.values()].filter(({ vmid }) => vmid !== web)
    .map(({ config: { options } }) => Number(options.get("memory")) + Number(options.get("swap")));
  const node = 64 * 1024;
  const memory = { node, most: node * 16, others: others.reduce((sum, each) => sum + each, 0) };
  assertEquals((await work.facts(more, signal)).memory, memory);
  opened.simulator.wire.faults.add({ path: "/status$", fault: { kind: "status", status: 500 } });
  assertEquals((await work.facts(more, signal)).memory, null);
});

Deno.test("What a guest used lately is remembered when it is stopped; without figures nobody knows", async () => {
  await using opened = await openWork();
  const { work, simulator: { pve, wire } } = opened;
  const less = about({ ...ACTION.settings, params: { set: { memory: 256 }, unset: [] } }, web);
  const used = Math.ceil((pve.world.guest(web).running?.memory ?? 0) / 1024 ** 2);
  assert(used > 0);
  const month = 1440 * 30 * MINUTE;
  const peak = async () => (await work.facts(less, signal)).peak;
  assertEquals(await peak(), { mib: used, watchedMs: month });
  pve.inject({ kind: "crash", vmid: web });
  assertEquals(await peak(), { mib: used, watchedMs: month });
  const guest = pve.world.guest(web);
  for (
    const [ran, watchedMs] of [
      // Of each minute a day is told, of each half an hour a month.
      ...[[61 * 60, 61 * MINUTE], [29 * 60, 29 * MINUTE], [60, MINUTE]],
      ...[[30 * 3600, 30 * 60 * MINUTE], [30 * 3600 + 1799, 30 * 60 * MINUTE]],
    ] as const
  ) {
    guest.ran = ran;
    assertEquals([ran, await peak()], [ran, { mib: used, watchedMs }]);
  }
  guest.ran = 59;
  assertEquals(await peak(), "never_seen");
  guest.ran = undefined;
  guest.peak = undefined;
  assertEquals(await peak(), "never_seen");
  guest.figures = false;
  assertEquals(await peak(), "never_seen");
  guest.figures = true;
  const file = "/var/lib/rrdcached/db/pve-vm-9.0/201";
  for (
    const [reason, peak] of [
      // As Proxmox answers where the file of its figures is not there (pve-cluster, PVE/RRD.pm).
      [`RRD error: opening '${file}': No such file or directory`, "never_seen"],
      [`RRD error: opening '${file}': Permission denied`, "unknown"],
      ["No such file or directory", "unknown"],
    ] as const
  ) {
    const fault = { kind: "status", status: 500, reason } as const;
    const id = wire.faults.add({ path: "/rrddata$", fault });
    assertEquals([reason, (await work.facts(less, signal)).peak], [reason, peak]);
    wire.faults.remove(id);
  }
  wire.faults.add({ path: "/rrddata$", fault: { kind: "status", status: 500 } });
  assertEquals((await work.facts(less, signal)).peak, "unknown");
});

Deno.test("A restore is decided by the interfaces that lie in the backup", async () => {
  await using opened = await openWork();
  const backup = [...opened.simulator.pve.world.storage("local").files.keys()]
    .find((volid) => volid.includes("-201-")) ?? "";
  const restore = about({
    ...ACTION.restoreOver,
    params: { ...ACTION.restoreOver.params, storage: "local-zfs", backup },
  }, web);
  assertEquals((await opened.work.facts(restore, signal)).restoredInterfaces, [{
    name: "net0",
    bridge: "vmbr0",
    vlans: [],
    ipv4: "10.20.0.201/16",
    gateway: null,
  }]);
});

Deno.test("A row that was read a moment ago is not read again, and counts", async () => {
  await using opened = await openWork();
  const { work, simulator } = opened;
  const row = await work.eyes.reads.guestRow(web);
  simulator.wire.log.clear();
  const facts = await work.facts(about(ACTION.start, web), signal, { ...row, status: "stopped" });
  // A guest that is to come up is held against those that run.
  const others = ["GET /lxc", "GET /lxc/{vmid}/pending"];
  assertEquals(asked(opened), [...others, "GET /lxc/{vmid}/config"].toSorted());
  assertEquals(guestOf(facts).running, false);
});

const places: readonly (readonly [string, Place, (opened: OpenWork) => void])[] = [
  ["is gone", "free", ({ simulator }) => simulator.pve.inject({ kind: "vanish", vmid: web })],
  [
    "may not be seen",
    "unknown",
    ({ simulator: { pve: { access, token } } }) => {
      access.setRole("Blind", []);
      for (const to of [token.id.split("!")[0] ?? "", token.id]) {
        access.acl.grant({ path: `/vms/${web}`, role: "Blind", to });
      }
    },
  ],
  ["shows no run state", "unknown", ({ simulator }) => {
    simulator.wire.faults.add({
      route: "/nodes/{node}/lxc/{vmid}/status/current",
      fault: { kind: "status", status: 596, reason: "Connection timed out" },
    });
  }],
  ["is on another node", "elsewhere", ({ simulator }) => {
    for (const path of ["config", "status/current"]) {
      const message = "Configuration file 'nodes/pve/lxc/201.conf' does not exist\n";
      simulator.wire.faults.add({
        route: `/nodes/{node}/lxc/{vmid}/${path}`,
        fault: { kind: "status", status: 500, reason: "x", body: { data: null, message } },
      });
    }
  }],
  ["is gone, and nobody says whether its VMID is free", "unknown", ({ simulator }) => {
    simulator.pve.inject({ kind: "vanish", vmid: web });
    simulator.wire.faults.add({
      route: "/cluster/nextid",
      fault: { kind: "status", status: 500, reason: "x" },
    });
  }],
];
type Place = Facts["place"]["kind"];

for (const [name, kind, before] of places) {
  Deno.test(`The place of a guest that ${name} is ${kind}`, async () => {
    assertEquals((await read(about(ACTION.destroy, web), before)).place.kind, kind);
  });
}

const unreadable: readonly (readonly [string, (opened: OpenWork) => void])[] = [
  ["cannot be read", ({ simulator }) => {
    simulator.wire.faults.add({
      route: "/nodes/{node}/lxc/{vmid}/config",
      fault: { kind: "status", status: 500, reason: "unable to parse config" },
    });
  }],
  ["has snapshots that cannot be read", ({ simulator }) => {
    simulator.wire.faults.add({
      route: "/nodes/{node}/lxc/{vmid}/snapshot",
      fault: { kind: "status", status: 500, reason: "x" },
    });
  }],
];
for (const [name, before] of unreadable) {
  Deno.test(`A guest whose configuration ${name} is here, and the configuration is not known`, async () => {
    const { name, running, config } = guestOf(await read(about(ACTION.snapshot, web), before));
    assertEquals([name, running, config], ["acme-web", true, null]);
  });
}

Deno.test("A list that leaves a guest out says nothing of its place", async () => {
  const facts = await read(about(ACTION.create, web), ({ simulator: { pve: { access } } }) => {
    access.setRole("FelhomGuests", []);
  });
  assertEquals(facts.place.kind, "unknown");
  const decision = decide(intentTo(about(ACTION.create, web)), facts, { signed: true });
  assert(decision.outcome === "refused");
});

Deno.test("A VMID without a guest is free to create on; with one it shows who stands there", async () => {
  assertEquals((await read(about(ACTION.create, 299))).place, { kind: "free" });
  assertEquals(guestOf(await read(about(ACTION.create, web))).name, "acme-web");
});

Deno.test("The fresh VMID of a restore is free, or taken by whomever", async () => {
  for (const [new_vmid, kind] of [[298, "free"], [202, "elsewhere"], [100, "elsewhere"]] as const) {
    const { params } = ACTION.restoreOver;
    const action = { ...about(ACTION.restoreOver, web), params: { ...params, new_vmid } };
    assertEquals((await read(action)).newPlace.kind, kind);
  }
});

Deno.test("Snapshots have their names and times, the oldest first", async () => {
  await using opened = await openWork();
  const { config } = guestOf(await opened.work.facts(about(ACTION.rollback, web), signal));
  const [snapshot] = await opened.work.eyes.reads.guestSnapshots(web);
  assertEquals(config?.snapshots, [{ name: "before-upgrade", takenAt: snapshot?.snaptime ?? 0 }]);
});

Deno.test("A golden image counts while it is pinned, listed, and exactly as large", async () => {
  for (const change of [0, 1, -1]) {
    await using rig = await openWork();
    const pinned = rig.goldenImages.map(({ volume, bytes }) => ({ volume, bytes: bytes + change }));
    await using opened = await openWork({ goldenImages: pinned, on: rig.simulator });
    const [{ volume: image } = { volume: "" }] = pinned;
    const { params } = ACTION.create;
    const action = { ...about(ACTION.create, 299), params: { ...params, image } };
    const facts = await opened.work.facts(action, signal);
    assertEquals(facts.goldenImages, change === 0 ? [image] : []);
    if (change !== 0) continue;
    assertEquals(facts.expectedBytes, 8 * GIB, "the size of the golden container's volume");
    rig.simulator.pve.world.storage("local").files.delete(image);
    const gone = await opened.work.facts(action, signal);
    assertEquals([gone.goldenImages, gone.expectedBytes], [[], null]);
    rig.simulator.pve.inject({ kind: "unmount", storage: "local" });
    const unseen = await opened.work.facts(action, signal);
    assertEquals(unseen.goldenImages, null, "nobody can tell");
    const another = { ...action, params: { ...params, image: image.replace("-900-", "-201-") } };
    assertEquals((await opened.work.facts(another, signal)).goldenImages, [], "never pinned");
  }
});

Deno.test("A backup that is not pinned is no golden image, whatever it is of", async () => {
  await using opened = await openWork({ goldenImages: [] });
  const golden = await opened.work.eyes.reads.storageContent("local", { content: "backup" });
  const image = golden.find(({ vmid }) => vmid === 900)?.volid ?? "";
  const action = { ...about(ACTION.create, 299), params: { ...ACTION.create.params, image } };
  assertEquals((await opened.work.facts(action, signal)).goldenImages, []);
});

Deno.test("The room of a storage is what it shows; an inactive one shows none, an unknown one nothing", async () => {
  const { params } = ACTION.backup;
  const backup = (storage: string) => ({
    ...about(ACTION.backup, web),
    params: { ...params, storage },
  });
  await using opened = await openWork();
  const status = await opened.work.eyes.reads.storageStatus("local");
  const { storages } = await opened.work.facts(backup("local"), signal);
  assertEquals(storages, {
    local: { available: status.avail ?? 0, total: status.total ?? 0, pool: null, metadata: null },
  });
  assertEquals((await opened.work.facts(backup("nowhere"), signal)).storages, {});
  opened.simulator.pve.inject({ kind: "unmount", storage: "local" });
  const unmounted = await opened.work.facts(backup("local"), signal);
  assertEquals([unmounted.storages["local"]?.total, unmounted.backups], [0, null]);
});

Deno.test("A backup takes what is in use, or all that the volumes can hold", async () => {
  const { params } = ACTION.backup;
  await using opened = await openWork();
  const { disk } = await opened.work.eyes.reads.guestRow(web);
  const bytes = async (guest: number, compress: "0" | "zstd") => {
    const action = { ...about(ACTION.backup, guest), params: { ...params, compress } };
    return (await opened.work.facts(action, signal)).expectedBytes;
  };
  assert(disk !== undefined && disk > 0 && disk < 20 * GIB);
  assertEquals(await bytes(web, "zstd"), disk);
  assertEquals(await bytes(web, "0"), 20 * GIB);
  assertEquals(await bytes(230, "zstd"), 8 * GIB, "it is stopped: nobody says what is in use");
});

Deno.test("Backups are counted by whose they are, and by who made them", async () => {
  await using opened = await openWork();
  const { state, clock, eyes } = opened.work;
  const there = (await eyes.reads.storageContent("local", { content: "backup", vmid: web }))
    .map(({ volid }) => volid);
  assertEquals(there.length, 2);
  const count = async (guest: number) =>
    (await opened.work.facts(about(ACTION.backup, guest), signal)).backups;
  assertEquals(await count(web), 0, "others made them");
  const made = (id: string, guest: number, volid: string, end: "succeeded" | "failed") => {
    const [action, at] = [about(ACTION.backup, guest), clock.now()];
    state.operations.authorise({
      ...{ id, transaction: null, vmid: guest, action, origin: "job", evidence: {}, at },
    });
    state.operations.advance(id, "started", { at });
    state.operations.advance(id, end, { at, detail: { seen: { volid, size: 1 } } });
  };
  made("op-1", web, there[0] ?? "", "succeeded");
  assertEquals(await count(web), 1);
  made("op-2", web, there[1] ?? "", "failed");
  made("op-3", web, "local:backup/vzdump-lxc-201-2020_11_20-01_00_00.tar.zst", "succeeded");
  assertEquals(await count(web), 1, "one failed, the other is there no longer");
  made("op-4", 210, there[1] ?? "", "succeeded");
  assertEquals([await count(web), await count(210)], [1, 0], "that of another guest is no concern");

  const volid = asVolid("local:backup/vzdump-lxc-202-2026_11_20-01_00_00.tar.zst");
  const storageContent = () => Promise.resolve([{ volid, content: "backup" }]);
  const action = about(ACTION.backup, web);
  assertEquals((await readBy(opened, { action, reads: { storageContent } })).backups, 0);
});

Deno.test("What the journal says is among the facts: marks, open transactions, interruptions", async () => {
  await using opened = await openWork();
  const { state, clock } = opened.work;
  const at = clock.now();
  const journalled = (
    id: string,
    action: Action,
    { transaction = null, ago = 0 }: { transaction?: string | null; ago?: number } = {},
  ) =>
    state.operations.authorise({
      ...{ id, transaction, vmid: action.guest, action, at: at - ago },
      origin: "job",
      evidence: {},
    });
  journalled("op-1", about(ACTION.create, web), { transaction: "tx-1" });
  journalled("op-0", about(ACTION.stop, web), { ago: 3_600_001 });
  journalled("op-2", about(ACTION.stop, web));
  journalled("op-3", about(ACTION.shutdown, 202));
  journalled("op-4", about(ACTION.restart, web));
  const { params } = ACTION.backup;
  journalled("op-5", { ...about(ACTION.backup, 202), params: { ...params, mode: "stop" } });
  journalled("op-6", { ...about(ACTION.backup, 202), params: { ...params, mode: "suspend" } });
  state.guests.record({
    ...{ vmid: web, transaction: "tx-1", operation: "op-1", creation: "UPID:x", at },
    ...{ volumes: ["local-zfs:subvol-201-disk-0"], macs: ["BC:24:11:00:00:01"] },
  });
  state.snapshots.record({
    ...{ vmid: web, name: "own", takenAt: 7, digest: "d", stoppedThroughout: true },
    ...{ transaction: "tx-1", operation: "op-1", at },
  });
  const facts = await opened.work.facts(about(ACTION.rollback, web), signal);
  assertEquals(facts.made, {
    vmid: web,
    transaction: "tx-1",
    creation: "UPID:x",
    volumes: ["local-zfs:subvol-201-disk-0"],
    macs: ["BC:24:11:00:00:01"],
    digest: null,
    lastDigest: null,
    madeAt: at,
    ranAt: facts.made?.ranAt ?? null,
    desiredAt: null,
    scratchUntil: null,
    scratchLostAt: null,
    scratchLostWhy: null,
  });
  assert(facts.made?.ranAt !== null, "it was seen running, to read them");
  assertEquals(facts.snapshotsMade, [{
    ...{ vmid: web, name: "own", takenAt: 7, digest: "d" },
    ...{ transaction: "tx-1", stoppedThroughout: false, rollbackUnclean: false },
  }]);
  assertEquals(facts.openTransactions, ["tx-1"]);
  assertEquals(facts.history, {
    guestStops: [at],
    guestRestarts: [at],
    hostStops: [at, at],
    hostRestarts: [at, at],
  });
  state.instances.doubt("The host knows newer tasks", at);
  const doubted = await opened.work.facts(about(ACTION.rollback, web), signal);
  assertEquals(doubted.journal, "older_than_host");
});

Deno.test("What the agent did is among the facts, as far as the budgets of the action count it", async () => {
  await using opened = await openWork();
  const { state, clock } = opened.work;
  const at = clock.now();
  const done = (
    id: string,
    action: Action,
    { ago = 0, origin = "job", source = "hub" }: {
      readonly ago?: number;
      readonly origin?: "job" | "desired";
      readonly source?: string;
    } = {},
  ) =>
    state.operations.authorise({
      ...{ id, transaction: null, vmid: action.guest, action, at: at - ago },
      ...{ origin, evidence: { source } },
    });
  const day = 24 * 3_600_000;
  done("1", about(ACTION.start, web), { ago: day - 600_000, origin: "desired", source: "agent" });
  done("2", about(ACTION.start, 202), { ago: 3_700_000 });
  done("3", about(ACTION.start, 202), { ago: 5, source: "control socket" });
  done("4", about(ACTION.snapshot, web));
  done("5", about(ACTION.snapshot, 298), { source: "nobody" });
  done("6", { ...about(ACTION.backup, 202), params: { ...ACTION.backup.params, mode: "stop" } });
  done("7", about(ACTION.backup, web));
  done("8", about(ACTION.golden, 297));
  done("9", about(ACTION.stop, web));
  state.operations.advance("9", "abandoned", { at });
  const deeds = async (action: Action) => (await opened.work.facts(action, signal)).deeds;
  const deed = { at, interrupts: false, storages: null, desired: false, source: "hub" };
  const start = { ...deed, kind: "guest.start" };
  assertEquals<unknown>(await deeds(about(ACTION.start, web)), [
    { ...start, vmid: web, at: at - day + 600_000, desired: true, source: "agent" },
    { ...start, vmid: 202, at: at - 5, source: "control socket" },
  ]);
  assertEquals<unknown>(await deeds(about(ACTION.snapshot, web)), [
    { ...deed, kind: "guest.snapshot", vmid: web, storages: ["local-zfs"], source: "hub" },
    { ...deed, kind: "guest.snapshot", vmid: 298, storages: null, source: null },
  ]);
  const backups = [
    { ...deed, kind: "guest.backup", vmid: 202, storages: ["local"], interrupts: true },
    { ...deed, kind: "guest.backup", vmid: web, storages: ["local"] },
  ];
  assertEquals<unknown>(await deeds(about(ACTION.backup, web)), backups);
  assertEquals<unknown>(await deeds(about(ACTION.stop, web)), backups);
  assertEquals<unknown>(await deeds(about(ACTION.create, 299)), [
    { ...deed, kind: "golden.create", vmid: 297, storages: ["local-lvm"] },
  ]);
  assertEquals(await deeds(about(ACTION.destroy, web)), []);
});

Deno.test("What an action gives away is told by storage, and what all guests have", async () => {
  await using opened = await openWork();
  const { guests } = opened.simulator.pve.world;
  const given = async (action: Action) =>
    (await opened.work.facts(action, signal)).reservations["local-zfs"];
  const snapshot = await given(about(ACTION.snapshot, web));
  assertEquals([snapshot?.added, snapshot?.type], [20 * GIB, "zfspool"]);
  const size = (vmid: number) =>
    Number(/size=(\d+)G/.exec(guests.get(vmid)?.config.options.get("rootfs") ?? "")?.[1]) * GIB;
  assert((snapshot?.volumes ?? 0) >= size(web) + size(202));
  const { params } = ACTION.golden;
  const golden = { ...params, rootfs: { storage: "local-zfs", gib: 8 } };
  assertEquals((await given({ ...about(ACTION.golden, 299), params: golden }))?.added, 8 * GIB);
});

Deno.test("Since when a guest is to run is when what is desired now was accepted", async () => {
  await using opened = await openWork();
  const { state } = opened.work;
  const since = async (guest: number) =>
    (await opened.work.facts(about(ACTION.start, guest), signal)).runsSince;
  opened.want(
    { vmid: web, state: "running", settings: {}, restart: "never" },
    { vmid: 202, state: "stopped", settings: {}, restart: "never" },
  );
  assertEquals(await since(web), null, "nobody knows when it was accepted");
  const accept = (revision: string, acceptedAt: number) =>
    state.desired.accept({ provider: "local", revision, digest: "d", document: "{}", acceptedAt });
  accept("1", 7);
  assertEquals([await since(web), await since(202), await since(210)], [7, null, null]);
  accept("2", 9);
  assertEquals(await since(web), null, "it is another revision");
  opened.wantsNothingReadable(new FelhomError("state.damaged", "Cannot read it"));
  assertEquals(await since(web), null);
});

Deno.test("A guest is desired when the provider names it, and when nobody can say", async () => {
  await using opened = await openWork();
  const desired = async (guest: number) =>
    (await opened.work.facts(about(ACTION.start, guest), signal)).desired;
  opened.want({ vmid: web, settings: {}, restart: "never" });
  assertEquals([await desired(web), await desired(202)], [true, false]);
  opened.wantsNothingReadable(new FelhomError("state.damaged", "Cannot read it"));
  assertEquals([await desired(web), await desired(202)], [true, true]);
});

Deno.test("Whatever Proxmox answers, facts are read, and what is not known allows nothing", async () => {
  await using opened = await openWork();
  opened.simulator.wire.faults.add({ fault: { kind: "status", status: 403, reason: "no" } });
  const { create, golden, mount, unmount, rotate, ...rest } = ACTION;
  for (const action of [create, golden, ...Object.values(rest)].map((each) => about(each, 201))) {
    const facts = await opened.work.facts(action, signal);
    assertEquals(facts.place.kind, "unknown", action.kind);
    const decision = decide(intentTo(action), facts, { signed: true });
    assertEquals(decision.outcome, "refused", action.kind);
  }
  for (const action of [mount, unmount, rotate]) {
    assertEquals((await opened.work.facts(action, signal)).subject, null);
  }
});

Deno.test("An abort ends the reading with its reason", async () => {
  await using opened = await openWork();
  const abort = new AbortController();
  const reason = new Error("shutting down");
  opened.simulator.wire.faults.add({ fault: { kind: "reset_before" } });
  const reading = opened.work.facts(about(ACTION.snapshot, web), abort.signal);
  abort.abort(reason);
  assertEquals(await assertRejects(() => reading), reason);
  assertEquals(
    await assertRejects(() => opened.work.facts(ACTION.mount, abort.signal)),
    reason,
  );
});
