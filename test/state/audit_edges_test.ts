import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { GENESIS } from "../../src/state/audit_chain.ts";
import { verifyChain } from "../../src/state/audit_verify.ts";
import { readState } from "../../src/state/mod.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

const KEEP = { benign: 100, refused: 100, submission: 100 };
/** All links of passing classes that were written before. */
const before = (time: number) => ({
  ...{ at: time, before: time, keep: KEEP, limit: 1_000 },
  lastingBefore: Number.NEGATIVE_INFINITY,
});

function alter(folder: string, sql: string): void {
  using database = new DatabaseSync(`${folder}/state.db`);
  database.exec(sql);
}

/** A folder with so many links, of which those before the fifth were pruned, if it is told so. */
function chainIn(folder: string, { pruned = false } = {}): void {
  using opened = openIn(folder);
  for (let at = 1; at <= 8; at++) opened.state.audit.append({ at, kind: "x", body: { at } });
  if (pruned) opened.state.audit.prune(before(5));
}

function holds(folder: string): boolean {
  using opened = openIn(folder);
  return opened.state.audit.holds();
}

Deno.test("A chain without links holds, and begins at the beginning", async () => {
  await inFolder((folder) => {
    openIn(folder)[Symbol.dispose]();
    alter(folder, "DELETE FROM audit");
    assertEquals(holds(folder), true);
    assertEquals(readState(folder, ({ audit }) => audit.head()), GENESIS);
  });
});

Deno.test("A newest link that was changed is seen without a look at the others", async () => {
  for (const pruned of [false, true]) {
    for (
      const sql of [
        "UPDATE audit SET at = at + 1 WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM audit)",
        // Whatever stands before it, it does not follow it.
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) - 1 FROM audit)",
      ]
    ) {
      await inFolder((folder) => {
        chainIn(folder, { pruned });
        assertEquals(holds(folder), true);
        alter(folder, sql);
        assertEquals(holds(folder), false, sql);
      });
    }
  }
});

Deno.test("What a look at the whole chain found is remembered until the next", async () => {
  await inFolder((folder) => {
    chainIn(folder);
    alter(folder, "UPDATE audit SET at = 99 WHERE seq = 3");
    using opened = openIn(folder);
    const { audit } = opened.state;
    assertEquals([audit.holds(), audit.verify().holds, audit.holds()], [true, false, false]);
  });
});

Deno.test("Somebody else's head says nothing of this chain", async () => {
  await withState(({ audit }) => {
    audit.append({ at: 1, kind: "x", body: {} });
    assertEquals(audit.verify({ seq: 1, hash: new Uint8Array(32) }).holds, false);
    assertEquals(audit.holds(), true);
  });
});

Deno.test("A chain that lost all links after what was pruned goes on there, and is found broken", async () => {
  await inFolder((folder) => {
    chainIn(folder, { pruned: true });
    const gap = readState(folder, ({ audit }) => audit.list()[0]?.seq);
    assertEquals(gap, 5);
    alter(folder, "DELETE FROM audit");
    assertEquals(readState(folder, ({ audit }) => audit.head().seq), 4);
    const report = readState(folder, ({ audit }) => audit.verify());
    assertEquals(report.holds, false);
  });
});

Deno.test("Who writes what was counted is told that it was not written", async () => {
  await withState(({ audit }) => {
    const refuse = () => audit.refuse({ at: 1, kind: "r", body: {}, source: "hub", key: "k" });
    assertEquals([refuse(), refuse()], [true, false]);
    const permit = () =>
      audit.permit({ at: 1, kind: "gate.permitted", body: {} }, {
        ...{ source: "hub", kind: "guest.start", vmid: 101, ground: "loses_nothing" },
      });
    assertEquals([permit(), permit()], [true, false]);
  });
});

/** Three links that last and so many that do not, of which all but the newest are pruned first. */
async function twoGaps(
  passing: number,
  exportedAt: 3 | "head",
  test: (folder: string) => void,
): Promise<void> {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { audit } = opened.state;
      for (let at = 1; at <= 3; at++) audit.append({ at, kind: "state.k", body: {} });
      if (exportedAt === 3) audit.export(3);
      for (let at = 4; at <= 4 + passing; at++) audit.append({ at, kind: "x", body: {} });
      if (exportedAt === "head") audit.export(9);
      audit.prune(before(1_000));
      audit.prune({ ...before(0), lastingBefore: 1_000 });
    }
    test(folder);
  });
}

const newestBody = (folder: string) =>
  readState(folder, ({ audit }) => JSON.parse(audit.list().at(-1)?.body ?? "{}"));

Deno.test("Links that were pruned before others in front of them are one gap with those", async () => {
  for (const passing of [1, 2]) {
    await twoGaps(passing, "head", (folder) => {
      assertEquals(newestBody(folder).gaps, 1);
      assertEquals(readState(folder, ({ audit }) => audit.verify().holds), true);
    });
  }
});

Deno.test("A gap ends where a head was exported, whatever is pruned after it", async () => {
  await twoGaps(2, 3, (folder) => {
    assertEquals(newestBody(folder).gaps, 2);
    const places = readState(folder, ({ audit }) => {
      const report = audit.verify();
      return report.holds ? report.links : report.broken;
    });
    assertEquals(typeof places, "number");
    alter(folder, "DELETE FROM audit");
    assertEquals(readState(folder, ({ audit }) => audit.head().seq), 5);
  });
});

const why = { why: "it is not the one seen before" };

Deno.test("A place that was seen before is the one that the chain has there, pruned around or not", async () => {
  await twoGaps(2, 3, (folder) => {
    const known = readState(
      folder,
      ({ audit }) => audit.list().map(({ seq, hash }) => ({ seq, hash })),
    );
    // The heads of both gaps, and what the chain begins with.
    const gap = { seq: 5, hash: readState(folder, ({ audit }) => audit.list()[0]?.previous) };
    for (const place of [...known, gap, GENESIS]) {
      const { seq, hash = GENESIS.hash } = place;
      const [right, wrong] = readState(folder, ({ audit }) => [
        audit.verify({ seq, hash }),
        audit.verify({ seq, hash: hash.map((byte) => byte ^ 1) }),
      ]);
      assertEquals(right.holds && right.expected, "found", `${seq}`);
      assertEquals(wrong.holds ? undefined : wrong.broken, { seq, ...why });
    }
  });
});

Deno.test("Who prunes in the middle of a chain by hand is found there", async () => {
  await inFolder((folder) => {
    chainIn(folder);
    alter(
      folder,
      `INSERT INTO audit_gap (last, first, previous, hash)
         SELECT 4, 3, (SELECT previous FROM audit WHERE seq = 3), hash FROM audit WHERE seq = 4;
       DELETE FROM audit WHERE seq IN (3, 4)`,
    );
    const report = readState(folder, ({ audit }) => audit.verify());
    assertEquals(report.holds ? undefined : report.broken, {
      ...{ seq: 3, why: "no link of the chain says that links were pruned there" },
    });
  });
});

Deno.test("A link that cannot be read breaks the chain", () => {
  assertEquals(verifyChain([{ seq: 1 }], []), {
    ...{ holds: false, links: 0, broken: { seq: 1, why: "it cannot be read" } },
  });
});
