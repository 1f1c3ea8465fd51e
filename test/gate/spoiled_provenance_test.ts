import { assertEquals } from "@std/assert";
import type { Action, Intent } from "../../src/action/mod.ts";
import { decide, type Facts, type Since } from "../../src/gate/mod.ts";
import { seededRandom } from "../proxmox/support/seeded_random.ts";
import {
  ACTION,
  config,
  facts,
  here,
  intentTo,
  made,
  MINUTE,
  NOW,
  OPEN,
  PARTS,
  scratch,
  SNAPSHOT,
  stopped,
  taken,
} from "./scene.ts";

const ROUNDS = 4_000;

/** One thing that takes an action's benignity away, whatever else holds. */
type Spoiler = (facts: Facts) => Partial<Facts>;

interface Claim {
  readonly name: string;
  readonly action: Action;
  readonly intent?: Partial<Intent>;
  /** Facts under which the action is benign. */
  readonly benign: Partial<Facts>;
  readonly spoilers: Readonly<Record<string, Spoiler>>;
}

/** The live configuration with something else in it. */
const live = (changes: Parameters<typeof config>[0]): Spoiler => ({ place }) =>
  place.kind === "here" && place.guest.config !== null
    ? { place: here({ ...place.guest, config: { ...place.guest.config, ...changes } }) }
    : {};
/** The mark with something else in it. */
const mark = (changes: Parameters<typeof made>[0]): Spoiler => ({ made: it }) =>
  it === null ? {} : { made: { ...it, ...changes } };
/** The snapshot's mark with something else in it. */
const shot = (changes: Parameters<typeof taken>[0]): Spoiler => ({ snapshotsMade }) => ({
  snapshotsMade: snapshotsMade.map((it) => ({ ...it, ...changes })),
});
const running: Spoiler = ({ place }) =>
  place.kind === "here" ? { place: here({ ...place.guest, running: true }) } : {};

const since = (changes: Partial<Since>): Spoiler => ({ since: it }) =>
  it === null ? {} : { since: { ...it, ...changes } };
const FOREIGN = "UPID:demo:00001235:00005679:66A0B0D0:vzstart:101:root@pam:";
/** What may have happened in the meantime, with nothing to be seen of it now. */
const USED = {
  "somebody else's start": since({ agoMs: 1, tasks: { kind: "complete", foreign: [FOREIGN] } }),
  "a list that proves nothing": since({
    agoMs: null,
    tasks: { kind: "unproven", why: "it was rotated" },
  }),
  "nobody who looked": () => ({ since: null }),
} as const satisfies Record<string, Spoiler>;

const ANOTHER_GUEST = {
  "another volume": live({ identity: { ...PARTS, volumes: ["local-lvm:vm-101-disk-5"] } }),
  "another MAC": live({ identity: { ...PARTS, macs: ["BC:24:11:FF:FF:FF"] } }),
  "one volume more": live({
    identity: { ...PARTS, volumes: [...PARTS.volumes, "local-lvm:vm-102-disk-0"] },
  }),
  "no mark": () => ({ made: null }),
  "no MAC, on it or its mark": (facts) => ({
    ...live({ identity: { ...PARTS, macs: [] } })(facts),
    ...mark({ macs: [] })(facts),
  }),
  "an empty MAC, on it and its mark": (facts) => ({
    ...live({ identity: { ...PARTS, macs: [""] } })(facts),
    ...mark({ macs: [""] })(facts),
  }),
  "a mark on another VMID": mark({ vmid: 102 }),
  "an old state": () => ({ journal: "older_than_host" }),
} as const satisfies Record<string, Spoiler>;

/** What makes a guest none that is scratch. */
const NO_SCRATCH = {
  ...ANOTHER_GUEST,
  "a hook script": live({ hookScript: true }),
  "link up": live({ linkDown: false }),
  "no mark of scratch": mark({ scratchUntil: null }),
  "a lost mark": mark({ scratchLostAt: NOW - MINUTE }),
  "a digest that nobody noted on the guest": mark({ lastDigest: null }),
  "a digest that the agent did not leave it with": mark({ lastDigest: "e".repeat(40) }),
  "a desired state": () => ({ desired: true }),
} as const satisfies Record<string, Spoiler>;

const CLAIMS: readonly Claim[] = [
  {
    name: "destroying what an open transaction made",
    action: ACTION.destroy,
    intent: { transaction: OPEN },
    benign: { place: stopped(), made: made() },
    spoilers: {
      ...ANOTHER_GUEST,
      ...USED,
      running,
      "a run since": mark({ ranAt: NOW - MINUTE }),
      "a desired state": () => ({ desired: true }),
      "a desired state that named it once": mark({ desiredAt: NOW - MINUTE }),
      "another digest": live({ digest: "f".repeat(40) }),
      "a digest nobody noted": mark({ digest: null }),
      "a transaction that ended": () => ({ openTransactions: [] }),
      "another transaction's mark": mark({ transaction: "01JDOTHER" }),
    },
  },
  {
    name: "destroying scratch",
    action: ACTION.destroy,
    benign: { place: stopped({ linkDown: true }), made: scratch() },
    spoilers: {
      ...ANOTHER_GUEST,
      ...USED,
      "a hook script": live({ hookScript: true }),
      "a VMID that is none for drills": () => ({ drills: { first: 102, last: 199 } }),
      "a VMID behind those for drills": () => ({ drills: { first: 1, last: 100 } }),
      "a desired state that named it once": mark({ desiredAt: NOW - MINUTE }),
      "link up": live({ linkDown: false }),
      "no mark of scratch": mark({ scratchUntil: null }),
      "a day over": mark({ scratchUntil: NOW }),
      "made long ago": mark({ madeAt: NOW - 24 * 60 * MINUTE }),
      "made in the future": mark({ madeAt: NOW + 1 }),
      "a lost mark": mark({ scratchLostAt: NOW - MINUTE }),
      "another digest": live({ digest: "f".repeat(40) }),
      "a digest that nobody noted": mark({ lastDigest: null }),
      "a desired state": () => ({ desired: true }),
    },
  },
  ...([
    ["rolling scratch back to an untouched snapshot", ACTION.rollback, NO_SCRATCH],
    ["deleting an untouched snapshot", ACTION.deleteSnapshot, {}],
  ] as const).map(([name, action, more]) => ({
    name,
    action,
    intent: { transaction: OPEN },
    benign: {
      place: stopped({ snapshots: [SNAPSHOT], linkDown: true }),
      snapshotsMade: [taken()],
      made: scratch(),
    },
    spoilers: {
      ...USED,
      ...more,
      running,
      "another digest": live({ digest: "f".repeat(40) }),
      "a digest nobody noted": shot({ digest: null }),
      "another time": shot({ takenAt: SNAPSHOT.takenAt - 1 }),
      "another name": shot({ name: "after" }),
      "another guest's": shot({ vmid: 102 }),
      "another transaction's": shot({ transaction: "01JDOTHER" }),
      "a start in between": shot({ stoppedThroughout: false }),
      "a rollback that did not end well": shot({ rollbackUnclean: true }),
      "no mark": () => ({ snapshotsMade: [] }),
      "an old state": () => ({ journal: "older_than_host" }),
      "a transaction that ended": () => ({ openTransactions: [] }),
    } as const satisfies Record<string, Spoiler>,
  })),
];

for (const { name, action, intent: changes, benign, spoilers } of CLAIMS) {
  Deno.test(`Benign as long as nothing spoils it, and no longer: ${name}`, () => {
    const { seed, next } = seededRandom();
    const intent = intentTo(action, changes);
    for (let round = 0; round < ROUNDS; round++) {
      // Each spoiler alone first, then any number of them, none included.
      const chosen = Object.keys(spoilers).filter((_, index, all) =>
        round < all.length ? index === round : next() < 0.15
      );
      const given = chosen.reduce<Facts>(
        (known, spoiler) => ({ ...known, ...spoilers[spoiler]?.(known) }),
        facts(benign),
      );
      assertEquals(
        decide(intent, given).outcome === "allowed",
        chosen.length === 0,
        `seed ${seed}, spoiled by: ${chosen.join(", ") || "nothing"}`,
      );
    }
  });
}

Deno.test("What this process made minutes ago it may undo where the list proves nothing, and no later", () => {
  const unproven = { kind: "unproven", why: "the token sees its own tasks alone" } as const;
  const asked = (action: Action, benign: Partial<Facts>, agoMs: number | null) =>
    decide(
      intentTo(action, { transaction: OPEN }),
      facts({ ...benign, since: { agoMs, tasks: unproven } }),
    ).outcome;
  const [guest] = CLAIMS;
  for (const claim of [guest]) {
    const outcomes = [0, 10 * MINUTE - 1, 10 * MINUTE, -1, null].map((agoMs) =>
      claim === undefined ? "" : asked(claim.action, claim.benign, agoMs)
    );
    const [waits, may] = ["pending_signature", "allowed"];
    assertEquals(outcomes, [may, may, waits, waits, waits], claim?.name);
  }
});
