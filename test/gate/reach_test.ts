import { assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { decide, type Facts, isManaged } from "../../src/gate/mod.ts";
import { ACTION, config, facts, here, intentTo, SNAPSHOT, stopped } from "./scene.ts";

/** What a signed action ends in by these facts: "allowed", or the code of the refusal. */
function signed(action: Action, changes: Partial<Facts>): string {
  const decision = decide(intentTo(action), facts(changes), { signed: true });
  return decision.outcome === "refused" ? decision.code : decision.outcome;
}

const NEEDS_CONFIG = [
  ACTION.settings,
  ACTION.snapshot,
  ACTION.backup,
  ACTION.rollback,
  ACTION.deleteSnapshot,
  ACTION.prune,
  ACTION.restoreOver,
  ACTION.destroy,
];

for (const action of NEEDS_CONFIG) {
  Deno.test(`${action.kind} needs a guest that is there, and whose configuration can be read`, () => {
    const newPlace = { kind: "free" } as const;
    assertEquals(signed(action, { newPlace, place: here({ config: null }) }), "guest_unreadable");
    assertEquals(signed(action, { newPlace, place: { kind: "free" } }), "no_such_guest");
    assertEquals(signed(action, { newPlace, place: { kind: "elsewhere" } }), "guest_elsewhere");
    assertEquals(signed(action, { newPlace, place: { kind: "unknown" } }), "guest_unreadable");
  });
}

const NEEDS_IDENTITY = [
  ACTION.rollback,
  ACTION.deleteSnapshot,
  ACTION.prune,
  ACTION.restoreOver,
  ACTION.destroy,
];

for (const action of NEEDS_IDENTITY) {
  Deno.test(`${action.kind} is of no guest that shows nothing to tell it by`, () => {
    const identity = { volumes: [], macs: ["BC:24:11:00:00:01"] };
    const place = stopped({ identity, snapshots: [SNAPSHOT] });
    assertEquals(signed(action, { newPlace: { kind: "free" }, place }), "identity_unknown");
  });
}

Deno.test("Of several snapshots the one of the name is looked at, wherever it stands", () => {
  const other = { name: "other", takenAt: SNAPSHOT.takenAt - 1 };
  for (const snapshots of [[other, SNAPSHOT], [SNAPSHOT, other]]) {
    assertEquals(signed(ACTION.rollback, { place: stopped({ snapshots }) }), "allowed");
  }
  assertEquals(
    signed(ACTION.rollback, { place: stopped({ snapshots: [other] }) }),
    "snapshot_missing",
  );
});

Deno.test("What is no whole number is no VMID of the managed range", () => {
  const range = { first: 100, last: 199 };
  assertEquals([99, 100, 199, 200].map((vmid) => isManaged(vmid, range)), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals([100.5, Number.NaN, Infinity].map((vmid) => isManaged(vmid, range)), [
    false,
    false,
    false,
  ]);
});

Deno.test("Swap that is unset is 512 MiB: as much as Proxmox gives then", () => {
  const unset: Action = {
    kind: "guest.settings",
    guest: 101,
    params: { set: {}, unset: ["swap"] },
  };
  const using = (swap: number) => ({
    place: here({ usage: { memory: 800, swap }, config: config({ swap: 1024 }) }),
  });
  // The margin is an eighth, and 64 at least: 448 leaves it just so.
  assertEquals(signed(unset, using(448)), "allowed");
  assertEquals(signed(unset, using(449)), "memory_in_use");
});

Deno.test("A creation that waits for a signature names the image that nobody vouches for", () => {
  const image = "local:backup/vzdump-lxc-109-2026_01_01-00_00_00.tar.zst";
  const decision = decide(
    intentTo({ ...ACTION.create, params: { ...ACTION.create.params, image } }),
    facts({ place: { kind: "free" } }),
  );
  assertEquals(decision, {
    outcome: "pending_signature",
    operation: "guest.create",
    class: "service",
    why: `It would run what nobody vouches for: ${image} is not a golden image as pinned`,
  });
});
