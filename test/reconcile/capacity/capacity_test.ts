import { assertEquals, assertRejects } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { POLICY } from "../../../src/gate/mod.ts";
import { type Guest, parseVmid } from "../../../src/proxmox/mod.ts";
import { Capacity, type CapacityOptions } from "../../../src/reconcile/capacity/capacity.ts";
import { RoomClaims } from "../../../src/reconcile/facts/room_claims.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const GIB = 1024 ** 3;
const signal = new AbortController().signal;

interface Told {
  readonly disk?: number;
  readonly size?: string;
  readonly snapshots?: number;
  readonly digest?: string;
  readonly storage?: string;
}

/** A node with these guests, on a storage of 100 GiB of which so much is used. */
function node(guests: Record<number, Told>, options: Partial<CapacityOptions> = {}) {
  const calls: string[] = [];
  const claims = new RoomClaims();
  const clock = new FakeClock(1_000_000);
  const state = { guests, used: 60 * GIB, type: "lvmthin", fails: false };
  const capacity = new Capacity({
    managed: { first: 200, last: 299 },
    storages: [],
    overcommit: POLICY.overcommit,
    isMade: () => false,
    ...{ claims, clock },
    reads: {
      guests() {
        calls.push("list");
        if (state.fails) {
          return Promise.reject(new FelhomError("proxmox.timeout", "It does not answer"));
        }
        return Promise.resolve(
          Object.entries(state.guests).map(([vmid, { disk = 0 }]): Guest => ({
            ...{ vmid: parseVmid(Number(vmid)), status: "running", disk },
          })),
        );
      },
      guestConfig(vmid) {
        calls.push(`config ${vmid}`);
        const { size = "8G", snapshots = 0, digest = "d", storage = "thin" } = state.guests[vmid] ??
          {};
        if (size === "") return Promise.reject(new FelhomError("proxmox.forbidden", "No"));
        const parent = snapshots === 0 ? {} : { parent: "x" };
        return Promise.resolve({ digest, rootfs: `${storage}:x,size=${size}`, ...parent });
      },
      guestSnapshots(vmid) {
        calls.push(`snapshots ${vmid}`);
        const { snapshots = 0 } = state.guests[vmid] ?? {};
        return Promise.resolve(
          Array.from({ length: snapshots }, (_, index) => ({ name: `s${index}` })),
        );
      },
      storageConfigs: () => Promise.resolve([]),
      storageStatus: (storage) =>
        storage === "gone"
          ? Promise.reject(new FelhomError("proxmox.storage", "No such storage"))
          : Promise.resolve({
            ...{ type: state.type, total: 100 * GIB },
            used: storage === "named" ? GIB : state.used,
          }),
    },
    ...options,
  });
  const look = async () => {
    const status = { type: state.type, total: 100 * GIB, used: state.used };
    const { byStorage } = await capacity.reservations(new Map([["thin", status]]), {
      ...{ added: () => GIB, signal },
    });
    const { volumes, snapshots, rest, promised } = byStorage["thin"] ?? {};
    return byStorage["thin"] === undefined
      ? null
      : [volumes, snapshots, rest, promised].map((bytes) => (bytes ?? NaN) / GIB);
  };
  return { capacity, claims, clock, calls, state, look };
}

Deno.test("Volumes and snapshots of all guests count in full, and the rest is what they do not use", async () => {
  const { look, state } = node({
    201: { disk: 2 * GIB, snapshots: 2 },
    202: { disk: 3 * GIB, size: "10G" },
    999: { disk: GIB },
  });
  assertEquals(await look(), [26, 16, 54, 0]);
  state.used = 4 * GIB;
  assertEquals(await look(), [26, 16, 0, 0], "never less than nothing");
});

Deno.test("On lvm a volume uses all that it has", async () => {
  const { look, state } = node({ 201: { disk: 2 * GIB }, 202: { disk: GIB } });
  state.type = "lvm";
  assertEquals(await look(), [16, 0, 44, 0]);
});

Deno.test("A guest whose configuration cannot be read is part of the rest", async () => {
  const { look } = node({ 201: { disk: 2 * GIB }, 202: { disk: GIB, size: "" } });
  assertEquals(await look(), [8, 0, 58, 0]);
});

Deno.test("What the agent made and nobody has seen running hides nothing that others use", async () => {
  const guests = { 201: {}, 202: {} };
  assertEquals(await node(guests).look(), [16, 0, 44, 0], "an operator's are taken for full");
  const made = node(guests, { isMade: (vmid) => vmid === 201 });
  assertEquals(await made.look(), [16, 0, 52, 0]);
  made.capacity.listed([{ vmid: parseVmid(201), status: "running", disk: 3 * GIB }]);
  made.capacity.listed([{ vmid: parseVmid(201), status: "stopped", disk: 0 }]);
  await made.clock.advance(61_000);
  assertEquals(await made.look(), [16, 0, 49, 0], "what it used when it ran, it uses stopped");
});

Deno.test("One reading serves all for a minute; then it is read anew, snapshots only where it changed", async () => {
  const { look, calls, clock, state } = node({ 201: { snapshots: 1 }, 202: { snapshots: 2 } });
  await Promise.all([look(), look(), look()]);
  assertEquals(calls.toSorted(), [
    ...["config 201", "config 202", "list", "snapshots 201", "snapshots 202"],
  ]);
  calls.length = 0;
  await look();
  assertEquals(calls, []);
  await clock.advance(60_000);
  state.guests = { ...state.guests, 202: { snapshots: 3, digest: "e" } };
  assertEquals(await look(), [16, 32, 44, 0]);
  assertEquals(calls.toSorted(), ["config 201", "config 202", "list", "snapshots 202"]);
});

Deno.test("What the agent removed is read anew at once", async () => {
  const { look, calls, claims, state } = node({ 201: { snapshots: 1 } });
  assertEquals(await look(), [8, 8, 52, 0]);
  using deletion = claims.claim({ kind: "guest.delete_snapshot" }, {
    ...{ storages: {}, reservations: {}, expectedBytes: 0 },
  });
  state.guests = { 201: {} };
  calls.length = 0;
  assertEquals(await look(), [8, 8, 52, 0], "it is there until the end");
  deletion[Symbol.dispose]();
  assertEquals(await look(), [8, 0, 52, 0]);
});

Deno.test("When the guests cannot be listed, what was read a while ago will do, and nothing later", async () => {
  const { look, clock, state } = node({ 201: {} });
  state.fails = true;
  assertEquals(await look(), null);
  state.fails = false;
  assertEquals(await look(), [8, 0, 52, 0]);
  state.fails = true;
  await clock.advance(9 * 60_000);
  assertEquals(await look(), [8, 0, 52, 0]);
  await clock.advance(2 * 60_000);
  assertEquals(await look(), null);
});

Deno.test("Who gives up does not wait, and others who wait for the same reading have it", async () => {
  const { look, capacity } = node({ 201: {} });
  const off = new AbortController();
  const status = new Map([["thin", { total: 100 * GIB, used: 0 }]]);
  const given = capacity.reservations(status, { added: () => 0, signal: off.signal });
  const other = look();
  off.abort(new Error("stopping"));
  await assertRejects(() => given, Error, "stopping");
  assertEquals(await other, [8, 0, 52, 0]);
});

Deno.test("The report has each storage that guests lie on or that is named, and its limit", async () => {
  const rig = node({ 201: { disk: 2 * GIB, snapshots: 1 }, 202: { storage: "gone" } }, {
    storages: ["named", "thin"],
  });
  assertEquals(rig.capacity.report, null);
  await rig.capacity.survey(signal);
  const report = rig.capacity.report;
  assertEquals(report?.at, 1_000_000);
  assertEquals(report?.storages.map(({ storage }) => storage), ["named", "thin"]);
  assertEquals(report?.storages[1], {
    storage: "thin",
    type: "lvmthin",
    total: 100 * GIB,
    volumes: 8 * GIB,
    snapshots: 8 * GIB,
    rest: 58 * GIB,
    promised: 0,
    pool: [],
    provisioned: 74 * GIB,
    limit: (58 + 63) * GIB,
    ratio: 1.5,
  });
  rig.calls.length = 0;
  await rig.capacity.survey(signal);
  assertEquals(rig.calls, [], "once in a while");
});

Deno.test("Guests of the managed range are counted as they were listed", async () => {
  const { capacity, look } = node({ 100: {}, 200: {}, 299: {}, 300: {} });
  assertEquals(capacity.managedGuests, null);
  await look();
  assertEquals(capacity.managedGuests, 2);
});
