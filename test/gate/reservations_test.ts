import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { decide, type Facts, POLICY, provisionedOf, reservationLimit } from "../../src/gate/mod.ts";
import { ACTION, config, facts, here, intentTo, reservation } from "./scene.ts";

const GIB = 1024 ** 3;
const FREE = { kind: "free" } as const;

/** Each kind that gives space away. */
const GIVING: readonly { readonly action: Action; readonly facts?: Partial<Facts> }[] = [
  { action: ACTION.create, facts: { place: FREE } },
  { action: ACTION.golden, facts: { place: FREE } },
  { action: ACTION.snapshot },
  { action: ACTION.backup },
  { action: ACTION.restoreOver, facts: { newPlace: FREE } },
];

/** What is said when every storage has this given away. */
function say(
  { action, facts: changes }: (typeof GIVING)[number],
  given: Partial<Facts["reservations"][string]> | null,
): string {
  const reservations = given === null
    ? {}
    : { "local": reservation(given), "local-lvm": reservation(given) };
  const decision = decide(intentTo(action), facts({ ...changes, reservations }), { signed: true });
  return decision.outcome === "refused" ? decision.code : decision.outcome;
}

for (const giving of GIVING) {
  // 500 GiB times 1.5, less the 8 that are added.
  for (
    const [name, given, expected] of [
      ["up to the ratio", { volumes: 742 * GIB }, "allowed"],
      ["a byte more", { volumes: 742 * GIB + 1 }, "space_overcommit"],
      ["snapshots count", { snapshots: 642 * GIB + 1 }, "space_overcommit"],
      ["what is promised counts", { promised: 642 * GIB + 1 }, "space_overcommit"],
      ["what others have counts once, and not times the ratio", { rest: 428 * GIB }, "allowed"],
      ["a byte more of others", { rest: 428 * GIB + 1 }, "space_overcommit"],
      ["lvm has no ratio over one", { type: "lvm", volumes: 492 * GIB + 1 }, "space_overcommit"],
      ["and may be full", { type: "lvm", volumes: 492 * GIB }, "allowed"],
      ["nor has a type nobody knows", { type: "new", volumes: 492 * GIB + 1 }, "space_overcommit"],
      ["nor a storage without one", { type: null, volumes: 492 * GIB + 1 }, "space_overcommit"],
      ["what adds nothing is no matter", { volumes: 9000 * GIB, added: 0 }, "allowed"],
      ["what adds nobody knows what", { added: null }, "space_unknown"],
      ["what adds less than nothing", { added: -1 }, "space_unknown"],
      ["figures that are none", { rest: Number.NaN }, "space_unknown"],
      ["an inactive storage", { total: 0 }, "space_unknown"],
      ["nobody knows what is given away", null, "space_unknown"],
    ] as const
  ) {
    Deno.test(`${giving.action.kind} gives away no more than may be: ${name}: ${expected}`, () =>
      assertEquals(say(giving, given), expected));
  }
}

Deno.test("What is given away stops nothing that adds nothing", () => {
  const reservations = { "local-lvm": reservation({ volumes: 9000 * GIB }) };
  for (const action of [ACTION.start, ACTION.settings, ACTION.stop, ACTION.restart]) {
    assertEquals(decide(intentTo(action), facts({ reservations })).outcome, "allowed");
  }
});

Deno.test("A storage's own ratio goes before that of its type, and a name is only a name", () => {
  const { overcommit } = POLICY;
  const named = { ...overcommit, storages: { "local-lvm": 3 } };
  const at = (storage: string, type: string | null, of = named) =>
    reservationLimit(storage, { type, total: 100, rest: 0 }, of).bytes;
  assertEquals(at("local-lvm", "lvmthin"), 300);
  assertEquals(at("local-lvm", "lvmthin", { ...named, storages: { "local-lvm": 0.5 } }), 50);
  assertEquals(
    reservationLimit("x", { type: "dir", total: 100, rest: 40 }, { ...named, types: { dir: 0.5 } }),
    { ratio: 0.5, bytes: 50 },
    "a ratio under one is of all that the storage has, whosever it is",
  );
  assertEquals(at("other", "lvmthin"), 150);
  assertEquals(at("constructor", "toString"), 100);
  assertEquals(
    ["lvm", "lvmthin", "zfspool", "btrfs", "dir", "rbd", "nfs", "pbs"].map((type) => at("x", type)),
    [100, 150, 150, 150, 150, 150, 100, 100],
  );
});

Deno.test("A refusal names the numbers and the way out", () => {
  const reservations = { "local-lvm": reservation({ volumes: 745 * GIB }) };
  const about = facts({ reservations, newPlace: FREE });
  for (
    const [action, signed, why] of [
      [
        ACTION.restoreOver,
        true,
        /local-lvm has 745\.0 GiB provisioned, and with 8\.0 GiB more .* over the 750\.0 GiB that may be \(1\.5 times.*guests\.overcommit/,
      ],
      [
        ACTION.snapshot,
        false,
        /over the 675\.0 GiB that may be without a signature \(1\.5 times .* less 75\.0 GiB that are kept for signed .*guests\.overcommit/,
      ],
    ] as const
  ) {
    const decision = decide(intentTo(action), about, { signed });
    assert(decision.outcome === "refused");
    assertMatch(decision.why, why);
  }
});

for (const { action, facts: changes } of GIVING) {
  if (action.kind === "guest.restore_over") continue;
  Deno.test(`However often nobody signs a ${action.kind}, a signed restore has room`, () => {
    let volumes = 600 * GIB;
    const say = (what: Action, signed: boolean) => {
      const reservations = {
        "local": reservation({ volumes }),
        "local-lvm": reservation({ volumes }),
      };
      const about = facts({ ...changes, reservations });
      const there = signed ? { ...about, newPlace: FREE, place: here() } : about;
      const decision = decide(intentTo(what), there, { signed });
      return decision.outcome === "refused" ? decision.code : decision.outcome;
    };
    while (say(action, false) === "allowed") volumes += 8 * GIB;
    assertEquals(say(action, false), "space_overcommit");
    assertEquals(volumes, 672 * GIB, "of 750 GiB a tenth is kept");
    assertEquals(say(ACTION.restoreOver, true), "allowed");
    volumes = 667 * GIB;
    assertEquals(say(action, false), "allowed", "up to the last byte");
    volumes += 1;
    assertEquals(say(action, false), "space_overcommit");
  });
}

Deno.test("A refusal names the storages that take from the same pool", () => {
  const reservations = { "local-lvm": reservation({ volumes: 745 * GIB, pool: ["fast"] }) };
  const decision = decide(intentTo(ACTION.snapshot), facts({ reservations }));
  assert(decision.outcome === "refused");
  assertMatch(decision.why, /^Storage local-lvm \(one pool with fast\) has 745\.0 GiB/);
});

Deno.test("A pool whose metadata shows nothing at all is one that nobody knows", () => {
  const storage = { available: 400 * GIB, total: 500 * GIB };
  const metadata = { available: 0, total: 0 };
  for (
    const [pool, expected] of [
      [{ ...storage, pool: null, metadata }, "space_unknown"],
      [{ ...storage, pool: { available: 0, total: 0 }, metadata: null }, "space_unknown"],
      [{ ...storage, pool: storage, metadata: null }, "allowed"],
    ] as const
  ) {
    const decision = decide(
      intentTo(ACTION.snapshot),
      facts({ storages: { "local-lvm": pool }, place: here() }),
    );
    assertEquals(decision.outcome === "refused" ? decision.code : decision.outcome, expected);
  }
});

Deno.test("A ratio of one or less is of all that a storage has, whatever others use of it", () => {
  const at = (ratio: number) =>
    reservationLimit("tank", { type: null, total: 100, rest: 40 }, {
      ...POLICY.overcommit,
      storages: { tank: ratio },
    }).bytes;
  assertEquals([at(0.5), at(1), at(1.5)], [50, 100, 130]);
});

Deno.test("What a snapshot adds to storages of one pool is added up, and of others nothing is asked", () => {
  const volumes = ["tank:subvol-101-disk-0", "fast:subvol-101-disk-1"];
  const say = (on: readonly string[], added: number, last: number | null = added) => {
    const reservations = Object.fromEntries(on.map((name, index) => [
      name,
      reservation({
        type: "zfspool",
        pool: ["tank", "fast"].filter((each) => each !== name),
        added: index === on.length - 1 ? last : added,
      }),
    ]));
    const identity = { volumes: volumes.slice(0, on.length), macs: [] };
    const room = { available: 400 * GIB, total: 500 * GIB, pool: null, metadata: null };
    const decision = decide(
      intentTo(ACTION.snapshot),
      facts({
        reservations,
        storages: { tank: room, fast: room },
        place: here({ config: config({ identity }) }),
      }),
    );
    return decision.outcome === "refused" ? decision.code : decision.outcome;
  };
  const left = 675 * GIB - provisionedOf(reservation({ type: "zfspool" }));
  assertEquals(say(["tank"], left), "allowed");
  assertEquals(say(["tank"], left + 1), "space_overcommit");
  assertEquals(say(["tank", "fast"], Math.floor(left / 2)), "allowed");
  assertEquals(say(["tank", "fast"], Math.floor(left / 2) + 1), "space_overcommit");
  assertEquals(say(["tank", "fast"], 8 * GIB, null), "space_unknown");
});
