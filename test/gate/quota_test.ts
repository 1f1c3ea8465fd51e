import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { decide, type Decision, type Deed, type Facts, POLICY } from "../../src/gate/mod.ts";
import { ACTION, facts, here, intentTo, MINUTE, NOW, stopped } from "./scene.ts";

/** What the agent did a minute ago, of guest 101 for a hub unless told otherwise. */
function deed(changes: Partial<Deed> = {}): Deed {
  return {
    kind: "guest.stop",
    vmid: 101,
    at: NOW - MINUTE,
    interrupts: true,
    storages: null,
    desired: false,
    source: "hub",
    ...changes,
  };
}

/** So many of the same, each of another guest from 120 on. */
function deeds(count: number, changes: Partial<Deed> = {}): Deed[] {
  return Array.from({ length: count }, (_, index) => deed({ vmid: 120 + index, ...changes }));
}

/** So many of one guest's. */
function again(count: number, changes: Partial<Deed> = {}): Deed[] {
  return Array.from({ length: count }, () => deed(changes));
}

function said(decision: Decision): string {
  return decision.outcome === "refused" ? decision.code : decision.outcome;
}

function say(action: Action, known: Partial<Facts>, intent = intentTo(action)): string {
  return said(decide(intent, facts(known), { signed: true }));
}

const FREE = { kind: "free" } as const;
const stop = (known: Partial<Facts>, source: "hub" | "control socket" | "agent" = "hub") =>
  say(ACTION.stop, known, intentTo(ACTION.stop, { source }));

Deno.test("A hub reaches three guests an hour, or a fifth of them, and a guest it reached again", () => {
  assertEquals(stop({ deeds: deeds(2), managedGuests: 5 }), "allowed");
  assertEquals(stop({ deeds: deeds(3), managedGuests: 5 }), "asked_budget");
  assertEquals(stop({ deeds: deeds(3), managedGuests: 20 }), "allowed");
  assertEquals(stop({ deeds: deeds(4), managedGuests: 20 }), "asked_budget");
  assertEquals(stop({ deeds: [...deeds(4), deed()], managedGuests: 20 }), "allowed");
  assertEquals(stop({ deeds: deeds(3), managedGuests: null }), "asked_budget");
});

Deno.test("Stops, restarts and backups that stop are one count; what interrupts nothing is none", () => {
  const mixed = [
    ...deeds(1),
    ...deeds(1, { vmid: 130, kind: "guest.restart" }),
    ...deeds(1, { vmid: 131, kind: "guest.backup" }),
  ];
  assertEquals(stop({ deeds: mixed, managedGuests: 5 }), "asked_budget");
  assertEquals(say(ACTION.restart, { deeds: mixed, managedGuests: 5 }), "asked_budget");
  assertEquals(say(ACTION.shutdown, { deeds: mixed, managedGuests: 5 }), "asked_budget");
  const backup = { ...ACTION.backup, params: { ...ACTION.backup.params, mode: "stop" as const } };
  assertEquals(say(backup, { deeds: mixed, managedGuests: 5 }), "asked_budget");
  assertEquals(say(backup, { deeds: mixed, managedGuests: 5, place: stopped() }), "allowed");
  const quiet = mixed.map((each) => ({ ...each, interrupts: each.kind !== "guest.backup" }));
  assertEquals(stop({ deeds: quiet, managedGuests: 5 }), "allowed");
});

Deno.test("An operator on the host, and the agent itself, have no such count, and add to none", () => {
  assertEquals(stop({ deeds: deeds(50), managedGuests: 5 }, "control socket"), "allowed");
  assertEquals(stop({ deeds: deeds(50), managedGuests: 5 }, "agent"), "allowed");
  for (const source of ["control socket", "agent", null] as const) {
    assertEquals(stop({ deeds: deeds(50, { source }), managedGuests: 5 }), "allowed");
  }
});

Deno.test("What was asked an hour ago counts no more", () => {
  const old = deeds(3, { at: NOW - 60 * MINUTE });
  assertEquals(stop({ deeds: old, managedGuests: 5 }), "allowed");
});

Deno.test("A guest is started so often an hour, and four times as often a day, held or not", () => {
  const { most } = POLICY.guestStarts;
  const started = (count: number, at: number) => again(count, { kind: "guest.start", at });
  for (const runsSince of [null, NOW - MINUTE, NOW - 60 * MINUTE]) {
    const start = (list: Deed[]) => say(ACTION.start, { deeds: list, runsSince });
    assertEquals(start(started(most - 1, NOW)), "allowed");
    assertEquals(start(started(most, NOW)), "start_budget");
    assertEquals(start(started(most, NOW - 60 * MINUTE)), "allowed");
    assertEquals(start(started(4 * most - 1, NOW - 120 * MINUTE)), "allowed");
    assertEquals(start(started(4 * most, NOW - 120 * MINUTE)), "start_budget");
    assertEquals(start(started(4 * most, NOW - 24 * 60 * MINUTE)), "allowed");
  }
});

Deno.test("Starts that restore what is held are no matter of the host's budget; all others are", () => {
  const { most } = POLICY.hostStarts;
  const others = deeds(most, { kind: "guest.start", vmid: 150 });
  const start = (runsSince: number | null, list = others) =>
    say(ACTION.start, { deeds: list, runsSince });
  assertEquals(start(null), "start_budget");
  assertEquals(start(NOW - MINUTE), "start_budget");
  assertEquals(start(NOW - POLICY.heldAfter + 1), "start_budget");
  assertEquals(start(NOW - POLICY.heldAfter), "allowed");
  const restored = others.map((each) => ({ ...each, desired: true }));
  assertEquals(start(null, restored), "allowed");
  assertEquals(start(NOW - MINUTE / 2, restored), "allowed", "they restored the revision before");
  assertEquals(start(NOW - MINUTE, restored), "start_budget", "they are of this revision");
});

Deno.test("Settings have a budget, of the guest and of the host", () => {
  const { guestSettings, hostSettings } = POLICY;
  const settings = (list: Deed[]) => say(ACTION.settings, { deeds: list });
  const kind = "guest.settings";
  assertEquals(settings(again(guestSettings.most - 1, { kind })), "allowed");
  assertEquals(settings(again(guestSettings.most, { kind })), "settings_budget");
  assertEquals(settings(again(hostSettings.most - 1, { kind, vmid: 150 })), "allowed");
  assertEquals(settings(again(hostSettings.most, { kind, vmid: 150 })), "settings_budget");
});

Deno.test("What recovery makes undone has no budget", () => {
  for (const action of [ACTION.start, ACTION.settings]) {
    const spent = facts({ deeds: again(2000, { kind: action.kind }) });
    const intent = intentTo(action, { origin: "recovery", source: "agent" });
    assertEquals(said(decide(intent, spent)), "allowed");
    assertEquals(said(decide({ ...intent, origin: "desired" }, spent)).slice(-7), "_budget");
  }
});

const CAPPED = [
  { action: ACTION.snapshot, most: POLICY.hourly.snapshots, storage: "local-lvm" },
  { action: ACTION.backup, most: POLICY.hourly.backups, storage: "local" },
  { action: ACTION.create, most: POLICY.hourly.creates, storage: "local-lvm" },
  { action: ACTION.golden, most: POLICY.hourly.creates, storage: "local-lvm" },
  { action: ACTION.restoreOver, most: POLICY.hourly.restores, storage: "local-lvm" },
] as const;

for (const { action, most, storage } of CAPPED) {
  Deno.test(`${action.kind} is capped for each storage and hour`, () => {
    const place = action === ACTION.create || action === ACTION.golden ? FREE : here();
    const ask = (list: Deed[]) => say(action, { place, newPlace: FREE, deeds: list });
    const { kind } = action;
    const storages = ["other", storage];
    assertEquals(ask(deeds(most - 1, { kind, storages })), "allowed");
    assertEquals(ask(deeds(most, { kind, storages })), "hourly_cap");
    assertEquals(ask(deeds(most, { kind, storages: ["other"] })), "allowed");
    assertEquals(ask(deeds(most, { kind, storages: null })), "hourly_cap");
    assertEquals(ask(deeds(most, { kind, storages, at: NOW - 60 * MINUTE })), "allowed");
    assertEquals(ask(deeds(most, { kind: "guest.prune", storages })), "allowed");
  });
}

Deno.test("However low the cap on backups, each guest has one in a night", () => {
  const policy = { ...POLICY, hourly: { ...POLICY.hourly, backups: 1 } };
  const backup = (count: number, managedGuests: number | null) =>
    said(decide(
      intentTo(ACTION.backup),
      facts({
        managedGuests,
        deeds: deeds(count, { kind: "guest.backup", interrupts: false, storages: ["local"] }),
      }),
      { policy },
    ));
  assertEquals(backup(49, 50), "allowed");
  assertEquals(backup(50, 50), "hourly_cap");
  assertEquals(backup(1, null), "hourly_cap");
});

Deno.test("A refusal says how many there were, how many may be, by which key, and until when", () => {
  const spent = again(12, { kind: "guest.start", at: NOW - 46 * MINUTE });
  const decision = decide(intentTo(ACTION.start), facts({ deeds: spent }));
  assert(decision.outcome === "refused");
  assertEquals(
    decision.why,
    "Guest 101 had 12 starts within the hour, and 12 are let through " +
      "(guests.hourly.starts_per_guest); the next one fits in 14 min.",
  );
  const asked = decide(intentTo(ACTION.stop), facts({ deeds: deeds(4), managedGuests: 20 }));
  assert(asked.outcome === "refused");
  assertMatch(asked.why, /^hub had 4 guests .* 4 may be .*asked_guests.* in 59 min\./);
});

Deno.test("What is of another kind spends no starts and no changes of settings", () => {
  const { guestStarts, guestSettings } = POLICY;
  const changed = again(guestStarts.most, { kind: "guest.settings" });
  assertEquals(say(ACTION.start, { deeds: changed }), "allowed");
  const started = again(guestSettings.most, { kind: "guest.start" });
  assertEquals(say(ACTION.settings, { deeds: started }), "allowed");
});

Deno.test("A guest that was reached several times counts from the last of them", () => {
  const [first, second, third] = [120, 121, 122];
  const reached = [
    deed({ vmid: first, at: NOW - 50 * MINUTE }),
    deed({ vmid: first, at: NOW - 20 * MINUTE }),
    deed({ vmid: second, at: NOW - 30 * MINUTE }),
    deed({ vmid: third, at: NOW - 40 * MINUTE }),
  ];
  const decision = decide(intentTo(ACTION.stop), facts({ deeds: reached, managedGuests: 5 }));
  assert(decision.outcome === "refused");
  assertMatch(decision.why, /^hub had 3 guests .* in 20 min\./);
  const later = reached.filter(({ vmid }) => vmid !== third);
  const known = [...later, deed({ vmid: third, at: NOW - 10 * MINUTE })];
  const again = decide(intentTo(ACTION.stop), facts({ deeds: known, managedGuests: 5 }));
  assert(again.outcome === "refused");
  assertMatch(again.why, / in 30 min\./);
});

Deno.test("A budget of nothing lets nothing through, ever; one of a day says so", () => {
  const policy = { ...POLICY, guestStarts: { ...POLICY.guestStarts, most: 0 } };
  const none = decide(intentTo(ACTION.start), facts({ deeds: [] }), { policy });
  assert(none.outcome === "refused");
  assertMatch(none.why, /^Guest 101 had 0 starts within the hour, and 0 .*; none fits\.$/);
  const { most } = POLICY.guestStarts;
  const spent = again(4 * most, { kind: "guest.start", at: NOW - 120 * MINUTE });
  const day = decide(intentTo(ACTION.start), facts({ deeds: spent }));
  assert(day.outcome === "refused");
  assertMatch(
    day.why,
    /^Guest 101 had 48 starts within 24 h, and 48 .*; the next one fits in 1320 min\.$/,
  );
});
