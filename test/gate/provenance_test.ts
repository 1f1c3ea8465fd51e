import { assertEquals, assertMatch } from "@std/assert";
import { classify, type Facts, POLICY } from "../../src/gate/mod.ts";
import {
  ACTION,
  config,
  facts,
  here,
  made,
  MINUTE,
  NOW,
  OPEN,
  PARTS,
  scratch,
  SNAPSHOT,
  stopped,
  taken,
  UNUSED,
} from "./scene.ts";

/** One thing that is otherwise than where a claim holds, and what is then said of it. */
type Spoiled = readonly [what: string, changes: Partial<Facts>, but: string];

const OLD_STATE = "the agent's state is older than the host, so its marks prove nothing";
const NO_MAC = "it has no MAC to tell it by from another one";
const OTHER_PARTS = "its volumes or MACs are not those that it was made with";
const NOT_AS_LEFT = "its configuration is not as the agent left it";
const TOO_OLD = "it was not made within the last day";
const NOT_AS_IT_WAS = "its configuration is not as it was right after that";
const foreign = { agoMs: 0, tasks: { kind: "complete", foreign: ["UPID:a", "UPID:b"] } } as const;
const unproven = (agoMs: number | null) =>
  ({ agoMs, tasks: { kind: "unproven", why: "the list is cut off" } }) as const;
const UNPROVEN = "nothing proves that nobody has used it since: the list is cut off";

function butOf(action: typeof ACTION[keyof typeof ACTION], known: Facts, transaction = OPEN) {
  const verdict = classify(action, { transaction, facts: known });
  return verdict.risk === "benign"
    ? verdict.ground
    : verdict.why.split(". The agent made it, but ")[1];
}

/** A guest that the agent made in the transaction that is open. */
const HALF_MADE = facts({ place: stopped(), made: made() });

const HALF_MADE_SPOILED: readonly Spoiled[] = [
  [
    "another transaction made it",
    { made: made({ transaction: "01JDOTHER" }) },
    "another transaction made it",
  ],
  ["the state is old", { journal: "older_than_host" }, OLD_STATE],
  ["it was made under another VMID", { made: made({ vmid: 102 }) }, "that was under another VMID"],
  [
    "it cannot be read",
    { place: here({ running: false, config: null }) },
    "the guest cannot be read",
  ],
  ["it is not there", { place: { kind: "free" } }, "the guest cannot be read"],
  ["it has no interface", {
    place: stopped({ identity: { ...PARTS, macs: [] } }),
    made: made({ macs: [] }),
  }, NO_MAC],
  ["its interfaces have no MAC", {
    place: stopped({ identity: { ...PARTS, macs: [""] } }),
    made: made({ macs: [""] }),
  }, NO_MAC],
  ["its MAC is another", {
    place: stopped({ identity: { ...PARTS, macs: ["BC:24:11:00:00:02"] } }),
  }, OTHER_PARTS],
  ["its volumes are others", {
    place: stopped({ identity: { ...PARTS, volumes: ["local-lvm:vm-101-disk-9"] } }),
  }, OTHER_PARTS],
  [
    "its transaction has ended",
    { openTransactions: ["01JDOTHER"] },
    "the transaction that made it has ended",
  ],
  ["it runs", { place: here() }, "it runs"],
  [
    "it has run",
    { made: made({ ranAt: NOW - MINUTE }) },
    "it has run since, or somebody has worked on it",
  ],
  ["it is desired", { desired: true }, "a desired state names it"],
  [
    "it was desired",
    { made: made({ desiredAt: NOW - MINUTE }) },
    "a desired state has named it since",
  ],
  ["it was made a day ago", { made: made({ madeAt: NOW - 24 * 60 * MINUTE }) }, TOO_OLD],
  ["it was made in the future", { made: made({ madeAt: NOW + 1 }) }, TOO_OLD],
  ["it is configured otherwise", { place: stopped({ digest: "f".repeat(40) }) }, NOT_AS_IT_WAS],
  ["nobody knows how it was configured", { made: made({ digest: null }) }, NOT_AS_IT_WAS],
  [
    "nobody knows what was done since",
    { since: null },
    "nothing proves that nobody has used it since",
  ],
  ["somebody did something", { since: foreign }, "somebody else's task worked on it: UPID:a"],
  ["the list of tasks is not whole", { since: unproven(null) }, UNPROVEN],
  ["the list is not whole, and it was long ago", { since: unproven(POLICY.undoing) }, UNPROVEN],
  ["the list is not whole, and the clock went back", { since: unproven(-1) }, UNPROVEN],
];

/** Scratch of the agent's own, which a drill has started. */
const SCRATCH = facts({ place: here({ config: config({ linkDown: true }) }), made: scratch() });
const down = (changes: Parameters<typeof config>[0]) =>
  here({ config: config({ linkDown: true, ...changes }) });
const LOST =
  "it ran without the agent, or a link of it was up, or a desired state has named it, or it was " +
  "first seen long after it was made";
const DRILL = "its VMID is none of those for drills";

const SCRATCH_SPOILED: readonly Spoiled[] = [
  ["the state is old", { journal: "older_than_host" }, OLD_STATE],
  [
    "it was made under another VMID",
    { made: scratch({ vmid: 102 }) },
    "that was under another VMID",
  ],
  ["it cannot be read", { place: here({ config: null }) }, "the guest cannot be read"],
  ["it has no MAC", {
    place: down({ identity: { ...PARTS, macs: [] } }),
    made: scratch({ macs: [] }),
  }, NO_MAC],
  [
    "it is another",
    { place: down({ identity: { ...PARTS, macs: ["BC:24:11:00:00:02"] } }) },
    OTHER_PARTS,
  ],
  ["it lost its mark", { made: scratch({ scratchLostAt: NOW - 1 }) }, LOST],
  ["it lost its mark, and it is known why", {
    made: scratch({ scratchLostAt: NOW - 1, scratchLostWhy: "it was away" }),
  }, "it was away"],
  ["its configuration was changed", { place: down({ digest: "f".repeat(40) }) }, NOT_AS_LEFT],
  ["nobody knows how it was left", { made: scratch({ lastDigest: null }) }, NOT_AS_LEFT],
  ["it is desired", { desired: true }, "a desired state names it"],
  ["it was desired", { made: scratch({ desiredAt: NOW - 1 }) }, "a desired state names it"],
  ["a link is up", { place: down({ linkDown: false }) }, "a link of it is up"],
  ["a script runs with it", { place: down({ hookScript: true }) }, "a hook script runs with it"],
  ["it is below the drills", { drills: { first: 102, last: 110 } }, DRILL],
  ["it is above the drills", { drills: { first: 90, last: 100 } }, DRILL],
  ["its time is over", { made: scratch({ scratchUntil: NOW }) }, TOO_OLD],
  ["it is a day old, whatever the row says", {
    made: scratch({ madeAt: NOW - 24 * 60 * MINUTE, scratchUntil: NOW + 60 * MINUTE }),
  }, TOO_OLD],
  ["it was made in the future", { made: scratch({ madeAt: NOW + 1 }) }, TOO_OLD],
  [
    "nobody knows what was done since",
    { since: null },
    "nothing proves that nobody has used it since",
  ],
  ["somebody did something", { since: foreign }, "somebody else's task worked on it: UPID:a"],
  ["the list is not whole, however soon it is", { since: unproven(0) }, UNPROVEN],
];

/** A snapshot that the agent took in the transaction that is open, of a stopped guest. */
const OWN = facts({ place: stopped({ snapshots: [SNAPSHOT] }), snapshotsMade: [taken()] });
const mark = (changes: Parameters<typeof taken>[0]) => ({ snapshotsMade: [taken(changes)] });
const CHANGED = "the guest's configuration is not as it was right after that";

const OWN_SPOILED: readonly Spoiled[] = [
  [
    "another transaction took it",
    mark({ transaction: "01JDOTHER" }),
    "another transaction took it",
  ],
  ["the state is old", { journal: "older_than_host" }, OLD_STATE],
  ["its transaction has ended", { openTransactions: [] }, "the transaction that took it has ended"],
  [
    "a rollback was broken off",
    mark({ rollbackUnclean: true }),
    "a rollback since did not end well: it may be the only copy of the guest's data",
  ],
  [
    "the guest cannot be read",
    { place: here({ running: false, config: null }) },
    "the guest cannot be read",
  ],
  ["there is no guest", { place: { kind: "free" } }, "the guest cannot be read"],
  [
    "the guest runs",
    { place: here({ config: config({ snapshots: [SNAPSHOT] }) }) },
    "the guest runs",
  ],
  [
    "the guest has run",
    mark({ stoppedThroughout: false }),
    "the guest has run since, or somebody has worked on it",
  ],
  [
    "the guest is configured otherwise",
    { place: stopped({ snapshots: [SNAPSHOT], digest: "f".repeat(40) }) },
    CHANGED,
  ],
  ["nobody knows how the guest was configured", mark({ digest: null }), CHANGED],
  [
    "nobody knows what was done since",
    { since: null },
    "nothing proves that nobody has used it since",
  ],
  ["somebody did something", { since: foreign }, "somebody else's task worked on it: UPID:a"],
  ["the list is not whole", { since: unproven(POLICY.undoing) }, UNPROVEN],
];

/** The same of a guest that is scratch as well: only such a one is taken back unsigned. */
const BACK = {
  ...OWN,
  place: stopped({ snapshots: [SNAPSHOT], linkDown: true }),
  made: scratch(),
};

const BACK_SPOILED: readonly Spoiled[] = [
  ...OWN_SPOILED,
  ["the agent did not make the guest", { made: null }, "the guest is no scratch of its own"],
  ["the guest was made for good", { made: made() }, "the guest is no scratch of its own"],
  ["the guest is scratch no more", { made: scratch({ scratchLostAt: NOW - 1 }) }, LOST],
  ["nobody knows how the guest was left", { made: scratch({ lastDigest: null }) }, NOT_AS_LEFT],
  ["a link of the guest is up", { place: OWN.place }, "a link of it is up"],
  ["the guest's time is over", { made: scratch({ scratchUntil: NOW }) }, TOO_OLD],
];

const CLAIMS = [
  ["What is half made", ACTION.destroy, "own_transaction", HALF_MADE, HALF_MADE_SPOILED],
  ["Scratch", ACTION.destroy, "own_scratch", SCRATCH, SCRATCH_SPOILED],
  ["To go back to its snapshot", ACTION.rollback, "own_snapshot", BACK, BACK_SPOILED],
  ["To delete its snapshot", ACTION.deleteSnapshot, "own_snapshot", OWN, OWN_SPOILED],
] as const;

for (const [name, action, ground, known, spoiled] of CLAIMS) {
  Deno.test(`${name} is the agent's own, as long as nothing is in the way`, () => {
    assertEquals(butOf(action, known), ground);
  });
  for (const [what, changes, but] of spoiled) {
    Deno.test(`${name} is nobody's to take away unsigned when ${what}`, () => {
      assertEquals(butOf(action, { ...known, ...changes }), but);
    });
  }
}

Deno.test("What the agent has no mark on, or of another name or time, it did not make", () => {
  for (
    const made of [null, scratch({ transaction: OPEN, scratchUntil: null, vmid: 101, ranAt: 1 })]
  ) {
    const verdict = classify(ACTION.destroy, { transaction: null, facts: { ...HALF_MADE, made } });
    assertEquals(verdict.risk === "destructive" && verdict.why.includes("made it"), false);
  }
  for (
    const change of [{ vmid: 102 }, { name: "other" }, { takenAt: SNAPSHOT.takenAt - 1 }]
  ) {
    assertEquals(butOf(ACTION.rollback, { ...BACK, ...mark(change) }), undefined);
    // The one that is meant is found, wherever it stands.
    const snapshotsMade = [taken(change), taken()];
    assertEquals(butOf(ACTION.rollback, { ...BACK, snapshotsMade }), "own_snapshot");
  }
});

Deno.test("One interface with a MAC is enough to tell a guest by", () => {
  const macs = ["", "BC:24:11:00:00:01"];
  const known = { place: stopped({ identity: { ...PARTS, macs } }), made: made({ macs }) };
  assertEquals(butOf(ACTION.destroy, { ...HALF_MADE, ...known }), "own_transaction");
});

Deno.test("The first and last VMID for drills are for drills", () => {
  for (const drills of [{ first: 101, last: 110 }, { first: 90, last: 101 }]) {
    assertEquals(butOf(ACTION.destroy, { ...SCRATCH, drills }), "own_scratch");
  }
});

Deno.test("Scratch is one from its first millisecond to its last", () => {
  for (
    const times of [
      { madeAt: NOW },
      { scratchUntil: NOW + 1 },
      { madeAt: NOW - 24 * 60 * MINUTE + 1, scratchUntil: NOW + 60 * MINUTE },
    ]
  ) {
    assertEquals(butOf(ACTION.destroy, { ...SCRATCH, made: scratch(times) }), "own_scratch");
  }
});

Deno.test("Where the list proves nothing, what this process made is its own for ten minutes", () => {
  assertEquals(POLICY.undoing, 10 * MINUTE);
  for (const agoMs of [0, POLICY.undoing - 1]) {
    assertEquals(
      butOf(ACTION.destroy, { ...HALF_MADE, since: unproven(agoMs) }),
      "own_transaction",
    );
  }
});

Deno.test("Where the list proves nothing, a snapshot is nobody's to delete unsigned, however new it is", () => {
  for (const action of [ACTION.rollback, ACTION.deleteSnapshot]) {
    assertMatch(butOf(action, { ...BACK, since: unproven(0) }) ?? "", /nothing proves/);
  }
});

Deno.test("Within a day: where the list is whole and shows nothing, nobody used it", () => {
  const since = { ...UNUSED, agoMs: 365 * 24 * 60 * MINUTE };
  const lately = { ...HALF_MADE, made: made({ madeAt: NOW - 24 * 60 * MINUTE + 1 }), since };
  assertEquals(butOf(ACTION.destroy, lately), "own_transaction");
});
