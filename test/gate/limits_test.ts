import { assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import {
  decide,
  type Facts,
  POLICY,
  promisedMemory,
  type StorageFacts,
} from "../../src/gate/mod.ts";
import { ACTION, facts, here, intentTo, NOW, SNAPSHOT, stopped, taken } from "./scene.ts";

const GIB = 1024 ** 3;

/** What is said to an action by these facts: "allowed", or the refusal's code. */
function said(action: Action, changes: Partial<Facts>): string {
  const decision = decide(intentTo(action), facts(changes));
  return decision.outcome === "refused" ? decision.code : decision.outcome;
}

function whyOf(action: Action, changes: Partial<Facts>): string | undefined {
  const decision = decide(intentTo(action), facts(changes));
  return decision.outcome === "refused" ? decision.why : undefined;
}

/** The storage that a backup goes to, with what is changed of it. */
function local(changes: Partial<StorageFacts>): Pick<Facts, "storages"> {
  const known = facts().storages["local"];
  if (known === undefined) throw new Error("The scene has a storage local");
  return { storages: { local: { ...known, ...changes } } };
}

Deno.test("A pool or its metadata that shows zeros is not known, whatever the storage shows", () => {
  const nothing = { available: 0, total: 0 };
  const room = { available: 400 * GIB, total: 500 * GIB };
  assertEquals(said(ACTION.backup, local({ pool: nothing })), "space_unknown");
  assertEquals(said(ACTION.backup, local({ pool: room, metadata: nothing })), "space_unknown");
  assertEquals(said(ACTION.backup, local({ pool: room, metadata: null })), "allowed");
  // One byte is little, and known.
  const byte = { available: 1, total: 1 };
  assertEquals(said(ACTION.backup, local(byte)), "space_reserve");
  assertEquals(said(ACTION.backup, local({ pool: byte })), "space_reserve");
  assertEquals(said(ACTION.backup, local({ pool: room, metadata: byte })), "allowed");
});

Deno.test("What takes no space needs none", () => {
  assertEquals(said(ACTION.backup, { expectedBytes: 0 }), "allowed");
});

Deno.test("A refusal for want of room names the room that is short", () => {
  const bytes = { expectedBytes: 8 * GIB };
  const room = (available: number, total = 500 * GIB) => ({ available, total });
  const kept = (free: string, stays: string) =>
    `Storage local would not keep its free space: ${free} are free, 8.0 GiB may be written, and ` +
    `${stays} have to stay free.`;
  assertEquals(
    whyOf(ACTION.backup, { ...bytes, ...local(room(20 * GIB)) }),
    kept("20.0 GiB", "50.0 GiB"),
  );
  // A tenth would be less than five GiB.
  assertEquals(
    whyOf(ACTION.backup, { ...bytes, ...local(room(12 * GIB, 20 * GIB)) }),
    kept("12.0 GiB", "5.0 GiB"),
  );
  assertEquals(
    whyOf(ACTION.backup, { ...bytes, ...local({ pool: room(30 * GIB, 400 * GIB) }) }),
    kept("30.0 GiB", "40.0 GiB"),
  );
  assertEquals(
    whyOf(ACTION.backup, {
      ...bytes,
      ...local({ pool: room(400 * GIB), metadata: room(GIB, 10 * GIB) }),
    }),
    "The thin pool of storage local has 90% of its metadata used, and 80% may be. Extend it.",
  );
  // Of a pool that shows its metadata and nothing else.
  assertEquals(
    whyOf(ACTION.backup, { ...bytes, ...local({ pool: null, metadata: room(GIB, 10 * GIB) }) }),
    "The thin pool of storage local has 90% of its metadata used, and 80% may be. Extend it.",
  );
});

Deno.test("Only snapshots count that the agent took and that are there, by name and time", () => {
  const of = (count: number, changes: (at: number) => Partial<typeof SNAPSHOT>) => ({
    place: stopped({
      snapshots: Array.from({ length: count }, (_, at) => ({ name: `s${at}`, takenAt: at + 1 })),
    }),
    snapshotsMade: Array.from(
      { length: count },
      (_, at) => taken({ name: `s${at}`, takenAt: at + 1, ...changes(at) }),
    ),
  });
  const { snapshots } = POLICY;
  assertEquals(said(ACTION.snapshot, of(snapshots - 1, () => ({}))), "allowed");
  assertEquals(said(ACTION.snapshot, of(snapshots, () => ({}))), "snapshot_cap");
  assertEquals(said(ACTION.snapshot, of(snapshots, (at) => ({ name: `other${at}` }))), "allowed");
  assertEquals(said(ACTION.snapshot, of(snapshots, () => ({ takenAt: 99 }))), "allowed");
});

Deno.test("A backup that lets its guest run is no restart", () => {
  const { most } = POLICY.guestRestarts;
  const history = { ...facts().history, guestRestarts: Array.from({ length: most }, () => NOW) };
  const stop: Action = { ...ACTION.backup, params: { ...ACTION.backup.params, mode: "stop" } };
  assertEquals(said(ACTION.backup, { history }), "allowed");
  assertEquals(said(stop, { history }), "restart_budget");
  assertEquals(said(stop, { history, place: stopped() }), "allowed");
  assertEquals(said(stop, { history, place: here() }), "restart_budget");
});

Deno.test("A change to a guest that is not there, or cannot be read, promises nothing", () => {
  const set: Action = {
    kind: "guest.settings",
    guest: 101,
    params: { set: { memory: 8192 }, unset: [] },
  };
  for (const place of [{ kind: "free" }, { kind: "unknown" }, here({ config: null })] as const) {
    assertEquals(promisedMemory(set, { place }), 0);
  }
  assertEquals(promisedMemory(set, { place: here() }), 8192 - 2048);
});
