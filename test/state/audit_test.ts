import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AUDIT_LIMITS } from "../../src/state/audit_flood.ts";
import { hashLink } from "../../src/state/audit_chain.ts";
import { canonicalJson } from "../../src/state/canonical_json.ts";
import { readState } from "../../src/state/mod.ts";
import { freshSeed, seeded } from "./seed.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

const LINKS = 12;

/** A folder with a chain of 12 links, of which the first 4 were pruned, which adds one. */
function chainIn(folder: string, pruned: boolean): void {
  using opened = openIn(folder);
  const { audit } = opened.state;
  for (let at = 1; at <= LINKS; at++) {
    audit.append({ at, kind: "gate.allowed", body: { vmid: at } });
  }
  if (pruned) audit.prune({ at: 50, before: 5, keep: 100, limit: 100 });
}

Deno.test("A chain holds, and goes on over a restart", async () => {
  await inFolder((folder) => {
    chainIn(folder, false);
    using opened = openIn(folder);
    const head = opened.state.audit.append({ at: 9, kind: "x", body: {} });
    assertEquals(head.seq, LINKS + 1);
    assertEquals(opened.state.audit.verify(), { holds: true, links: LINKS + 1, head });
    assertEquals(opened.state.audit.head(), head);
  });
});

const SPOILED: Readonly<Record<string, { sql: string; seq: number; why: string }>> = {
  "whose body was changed": {
    sql: `UPDATE audit SET body = '{"vmid":9}' WHERE seq = 8`,
    ...{ seq: 8, why: "it was changed after it was written" },
  },
  "whose kind was changed": {
    sql: "UPDATE audit SET kind = 'gate.refused' WHERE seq = 8",
    ...{ seq: 8, why: "it was changed after it was written" },
  },
  "whose time was changed": {
    sql: "UPDATE audit SET at = at + 1 WHERE seq = 12",
    ...{ seq: 12, why: "it was changed after it was written" },
  },
  "that misses a link": {
    sql: "DELETE FROM audit WHERE seq = 8",
    ...{ seq: 8, why: "it is missing" },
  },
  "that misses links": {
    sql: "DELETE FROM audit WHERE seq IN (8, 9)",
    ...{ seq: 8, why: "links 8 to 9 are missing" },
  },
  "of which two links changed places": {
    sql: `UPDATE audit SET seq = -1 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 9;
          UPDATE audit SET seq = 9 WHERE seq = -1`,
    ...{ seq: 8, why: "it does not follow the link before it" },
  },
  "that was pruned by somebody else": {
    sql: "DELETE FROM audit WHERE seq <= 6",
    ...{ seq: 5, why: "links 5 to 6 are missing" },
  },
  "that was pruned with an anchor of somebody else's": {
    sql: `UPDATE audit_anchor SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6);
          DELETE FROM audit WHERE seq <= 6`,
    ...{ seq: 7, why: "no link of the chain says that those before it were pruned" },
  },
  "whose anchor was changed": {
    sql: "UPDATE audit_anchor SET hash = zeroblob(32)",
    ...{ seq: 5, why: "it does not follow the link before it" },
  },
};

for (const [name, { sql, seq, why }] of Object.entries(SPOILED)) {
  Deno.test(`A chain ${name} is found broken there`, async () => {
    await inFolder((folder) => {
      chainIn(folder, true);
      assertEquals(readState(folder, ({ audit }) => audit.verify().holds), true);
      {
        using database = new DatabaseSync(`${folder}/state.db`);
        database.exec(sql);
      }
      const report = readState(folder, ({ audit }) => audit.verify());
      assertEquals(report, { holds: false, links: report.links, broken: { seq, why } });
    });
  });
}

Deno.test("A link that was written anew breaks the next one", async () => {
  await inFolder((folder) => {
    chainIn(folder, false);
    const [link] = readState(folder, ({ audit }) => audit.list({ after: 7, limit: 1 }));
    if (link === undefined) throw new Error("Cannot find the link");
    const body = canonicalJson({ vmid: 0 });
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.prepare("UPDATE audit SET body = ?, hash = ? WHERE seq = 8")
        .run(body, hashLink({ ...link, body }));
    }
    const report = readState(folder, ({ audit }) => audit.verify());
    assertEquals(report.holds ? undefined : report.broken.seq, 9);
  });
});

Deno.test("A chain whose end was cut off is found by its head, if that is known", async () => {
  await inFolder((folder) => {
    chainIn(folder, false);
    const head = readState(folder, ({ audit }) => audit.head());
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec("DELETE FROM audit WHERE seq > 10");
    }
    const [blind, seeing] = readState(folder, ({ audit }) => [audit.verify(), audit.verify(head)]);
    assertEquals(blind.holds, true);
    assertEquals(seeing.holds ? undefined : seeing.broken, {
      seq: 11,
      why: "links up to 12 were seen before and are missing",
    });
    {
      using opened = openIn(folder);
      for (const at of [1, 2, 3]) opened.state.audit.append({ at, kind: "forged", body: {} });
    }
    const forged = readState(folder, ({ audit }) => audit.verify(head));
    assertEquals(forged.holds ? undefined : forged.broken, {
      seq: 12,
      why: "it is not the one seen before",
    });
  });
});

Deno.test("A chain holds through whatever is appended and pruned", async () => {
  const seed = freshSeed("audit");
  const random = seeded(seed);
  await withState(({ audit }) => {
    let written = 0;
    for (let step = 0; step < 400; step++) {
      const at = step * 10;
      if (random(6) === 0) {
        const removed = audit.prune({
          ...{ at, before: at - random(400), keep: 1 + random(50), limit: 1 + random(30) },
        });
        if (removed > 0) written++;
      } else {
        written++;
        audit.append({ at, kind: `k${random(3)}`, body: { step, text: "ű".repeat(random(40)) } });
      }
      const report = audit.verify();
      assertEquals([report.holds, audit.head().seq], [true, written], `seed ${seed}, step ${step}`);
    }
  });
});

Deno.test("Pruning keeps the number it was told to, and always the newest link", async () => {
  await withState(({ audit }) => {
    for (let at = 1; at <= 20; at++) audit.append({ at, kind: "x", body: {} });
    const removed = audit.prune({ at: 30, before: 0, keep: 15, limit: 100 });
    assertEquals([removed, audit.list()[0]?.seq], [5, 6]);
    audit.prune({ at: 31, before: 1000, keep: 100, limit: 1000 });
    assertEquals(audit.list().map(({ kind }) => kind), ["audit.pruned", "audit.pruned"]);
    assertEquals(audit.prune({ at: 32, before: 0, keep: 100, limit: 100 }), 0);
  });
});

Deno.test("A flood of refusals makes a few links, which say how large it was", async () => {
  await withState(({ audit }) => {
    const refuse = (key: string, at: number, source = "hub") =>
      audit.refuse({ source, key, at, kind: "gate.pending", body: { key } });
    for (let count = 0; count < 5000; count++) refuse("same", 1000 + count);
    for (let count = 0; count < 5000; count++) refuse(`k${count}`, 10_000);
    refuse("theirs", 10_000, "control socket");
    assertEquals(audit.list().length, AUDIT_LIMITS.perSource + 1);
    refuse("same", 60_000);
    const after = audit.list().slice(AUDIT_LIMITS.perSource + 1);
    assertEquals(after.map(({ kind, body }) => [kind, body]), [
      ["audit.suppressed", `{"from":0,"refusals":{"hub":${10_000 - AUDIT_LIMITS.perSource}}}`],
      ["gate.pending", '{"key":"same","source":"hub"}'],
    ]);
    refuse("same", 60_001);
    audit.flush(60_002);
    audit.flush(60_003);
    assertEquals(audit.list().length, AUDIT_LIMITS.perSource + 4);
  });
});

Deno.test("Many sources are one when they are too many", async () => {
  await withState(({ audit }) => {
    for (let source = 0; source < 1000; source++) {
      audit.refuse({ source: `s${source}`, key: "k", at: 1, kind: "x", body: {} });
    }
    // The last ones share a place, where they have refused the same.
    assertEquals(audit.list({ limit: 2000 }).length, AUDIT_LIMITS.sources + 1);
  });
});

Deno.test("One value has one text", () => {
  assertEquals(
    canonicalJson({ b: [1, null, { d: 1, c: "é" }], a: undefined, "": true }),
    '{"":true,"b":[1,null,{"c":"é","d":1}]}',
  );
  for (const value of [Number.NaN, Infinity, undefined, [undefined], 1n, () => 1]) {
    let thrown: unknown;
    try {
      canonicalJson(value);
    } catch (error) {
      thrown = error;
    }
    assertEquals(thrown instanceof TypeError, true, String(value));
  }
});
