import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AUDIT_LIMITS } from "../../src/state/audit_flood.ts";
import { hashLink } from "../../src/state/audit_chain.ts";
import { canonicalJson } from "../../src/state/canonical_json.ts";
import { type AuditPlace, readState } from "../../src/state/mod.ts";
import { REPEAT_LIMITS } from "../../src/state/audit_repeats.ts";
import { freshSeed, seeded } from "./seed.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

const LINKS = 12;

/** So many of each class. */
const keepOf = (keep: number) => ({ benign: keep, refused: keep, submission: keep });
/** Nothing that lasts goes. */
const LASTING = { lastingBefore: Number.NEGATIVE_INFINITY };

/** A folder with a chain of 12 links, of which the first 4 were pruned, which adds one. */
function chainIn(folder: string, pruned: boolean): void {
  using opened = openIn(folder);
  const { audit } = opened.state;
  for (let at = 1; at <= LINKS; at++) {
    audit.append({ at, kind: "gate.allowed", body: { vmid: at } });
  }
  if (pruned) audit.prune({ at: 50, before: 5, keep: keepOf(100), limit: 100, ...LASTING });
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
  "that was pruned further by somebody else": {
    sql: `UPDATE audit_gap SET last = 6, hash = (SELECT hash FROM audit WHERE seq = 6);
          DELETE FROM audit WHERE seq <= 6`,
    ...{ seq: 1, why: "no link of the chain says that links were pruned there" },
  },
  "out of whose middle somebody else pruned": {
    sql: `INSERT INTO audit_gap (last, first, previous, hash)
            SELECT 9, 8, (SELECT previous FROM audit WHERE seq = 8), hash FROM audit WHERE seq = 9;
          DELETE FROM audit WHERE seq IN (8, 9)`,
    ...{ seq: 1, why: "no link of the chain says that links were pruned there" },
  },
  "whose gap was changed": {
    sql: "UPDATE audit_gap SET hash = zeroblob(32)",
    ...{ seq: 5, why: "it does not follow the link before it" },
  },
  "whose gap begins elsewhere": {
    sql: "UPDATE audit_gap SET first = 2",
    ...{ seq: 1, why: "what was pruned does not follow the link before it" },
  },
  "whose gap follows another link": {
    sql: "UPDATE audit_gap SET previous = randomblob(32)",
    ...{ seq: 1, why: "what was pruned does not follow the link before it" },
  },
  "whose gap is gone": {
    sql: "DELETE FROM audit_gap",
    ...{ seq: 1, why: "links 1 to 4 are missing" },
  },
  "of which only what was pruned is left": {
    sql: "DELETE FROM audit",
    ...{ seq: 1, why: "the links after those that were pruned are missing" },
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
    const exported: AuditPlace[] = [];
    for (let step = 0; step < 400; step++) {
      const at = step * 10;
      if (random(6) === 0) {
        const removed = audit.prune({
          ...{
            at,
            before: at - random(400),
            keep: keepOf(1 + random(50)),
            limit: 1 + random(30),
            lastingBefore: at - random(400),
          },
        });
        if (removed > 0) written++;
      } else {
        written++;
        const kind = `${["k", "state.k", "signers.k"][random(3)]}`;
        audit.append({ at, kind, body: { step, text: "ű".repeat(random(40)) } });
        if (random(20) === 0) exported.push(audit.export(at));
      }
      const report = audit.verify();
      // A head that was exported is known for good, whatever was pruned around it.
      const kept = exported[random(exported.length + 1)];
      const known = audit.verify(kept);
      assertEquals(known.holds && known.expected, kept === undefined ? undefined : "found");
      assertEquals(audit.holds(), true, `seed ${seed}, step ${step}`);
      assertEquals([report.holds, audit.head().seq], [true, written], `seed ${seed}, step ${step}`);
    }
  });
});

Deno.test("Pruning keeps the number it was told to, and always the newest link", async () => {
  await withState(({ audit }) => {
    for (let at = 1; at <= 20; at++) audit.append({ at, kind: "x", body: {} });
    const removed = audit.prune({ at: 30, before: 0, keep: keepOf(15), limit: 100, ...LASTING });
    assertEquals([removed, audit.list()[0]?.seq], [5, 6]);
    audit.prune({ at: 31, before: 1000, keep: keepOf(100), limit: 1000, ...LASTING });
    assertEquals(audit.list().map(({ kind }) => kind), ["audit.pruned", "audit.pruned"]);
    assertEquals(audit.prune({ at: 32, before: 0, keep: keepOf(100), limit: 100, ...LASTING }), 0);
  });
});

Deno.test("However many links of benign work and refusals there are, none pushes out another's", async () => {
  await withState(({ audit }) => {
    const lasting = ["state.acknowledged", "signers.changed", "trust.reseeded"];
    for (const kind of lasting) audit.append({ at: 1, kind, body: {} });
    const action = { kind: "guest.destroy", guest: 101 };
    const permitted = { at: 1, kind: "gate.permitted" };
    audit.append({ ...permitted, body: { action, authorisation: { operation: "o" } } });
    audit.append({ ...permitted, body: { action, authorisation: null } });
    audit.refuse({ at: 1, kind: "r", body: {}, source: "hub", key: "s", quota: "signed" });
    for (let count = 0; count < 50; count++) {
      audit.append({ ...permitted, body: { action: { kind: "guest.start", guest: 101 } } });
      audit.refuse({ at: 1, kind: "r", body: { count }, source: "hub", key: `${count % 25}` });
    }
    const keep = { benign: 3, refused: 2, submission: 1 };
    audit.prune({ at: 2, before: 0, keep, limit: 1_000, lastingBefore: 1_000 });
    // The five that last, one that was signed and refused, and so many of the others.
    assertEquals(audit.list().slice(0, 6).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
    assertEquals(audit.list().length, 5 + 1 + 2 + 3 + 1);
    assertEquals(audit.verify().holds, true);
  });
});

Deno.test("What lasts goes by its age alone, and not before a head after it was exported", async () => {
  await withState(({ audit }) => {
    for (let at = 1; at <= 4; at++) audit.append({ at, kind: "state.acknowledged", body: {} });
    const kept = audit.export(5);
    for (let at = 5; at <= 8; at++) audit.append({ at, kind: "state.acknowledged", body: {} });
    const prune = (lastingBefore: number) =>
      audit.prune({ at: 9, before: 0, keep: keepOf(0), limit: 100, lastingBefore });
    assertEquals([prune(1), prune(3), prune(100)], [0, 2, 2]);
    assertEquals(audit.list().map(({ seq }) => seq), [5, 6, 7, 8, 9, 10]);
    assertEquals(audit.verify(kept), {
      ...{ holds: true, links: 6, head: audit.head(), expected: "found" },
    });
    // What lies among what was pruned cannot be said to be there.
    const lost = { seq: 2, hash: new Uint8Array(32) };
    const report = audit.verify(lost);
    assertEquals(report.holds && report.expected, "pruned");
  });
});

Deno.test("Work that comes again and again makes a link an hour, and one that says how often", async () => {
  await withState(({ audit }) => {
    const permit = (at: number, vmid: number, ground = "benign") =>
      audit.permit(
        { at, kind: "gate.permitted", body: { vmid } },
        { source: "agent", kind: "guest.start", vmid, ground },
      );
    for (let pass = 0; pass < 100; pass++) permit(pass * 30_000, 101);
    assertEquals([permit(3_000_000, 102), permit(3_000_000, 101, "other")], [true, true]);
    assertEquals(audit.list().length, 3);
    audit.turn(REPEAT_LIMITS.windowMs);
    assertEquals(audit.list({ after: 3 }).map(({ kind, body }) => [kind, body]), [[
      "audit.repeated",
      '{"from":0,"permits":[{"ground":"benign","kind":"guest.start","source":"agent",' +
      '"times":99,"vmid":101}]}',
    ]]);
    assertEquals(permit(REPEAT_LIMITS.windowMs, 101), true);
    permit(REPEAT_LIMITS.windowMs, 101);
    audit.flush(REPEAT_LIMITS.windowMs + 1);
    audit.flush(REPEAT_LIMITS.windowMs + 2);
    assertEquals(audit.list().length, 6);
  });
});

Deno.test("However many kinds of benign work a source has done, it writes so many links and no more", async () => {
  await withState((state) => {
    const { audit } = state;
    state.transaction(() => {
      for (let vmid = 0; vmid < REPEAT_LIMITS.perSource + 500; vmid++) {
        audit.permit(
          { at: 1, kind: "gate.permitted", body: {} },
          { source: "hub", kind: "guest.start", vmid, ground: "benign" },
        );
      }
    });
    assertEquals(audit.head().seq, REPEAT_LIMITS.perSource);
    // What was written by its name is counted by it, too.
    audit.permit(
      { at: 1, kind: "gate.permitted", body: {} },
      { source: "hub", kind: "guest.start", vmid: 0, ground: "benign" },
    );
    audit.flush(2);
    const [link] = audit.list({ after: REPEAT_LIMITS.perSource });
    assertEquals(
      link?.body,
      '{"from":0,"permits":[' +
        '{"ground":"benign","kind":"guest.start","source":"hub","times":1,"vmid":0},' +
        '{"ground":"others","kind":"guest.start","source":"hub","times":500,"vmid":null}]}',
    );
  });
});

Deno.test("Junk pushes out nothing that was signed and refused: each has a quota of its own", async () => {
  await withState(({ audit }) => {
    const refuse = (quota: "request" | "submission" | "signed", key: string) =>
      audit.refuse({ source: "control socket", key, at: 1, kind: "gate.refused", body: {}, quota });
    for (let count = 0; count < 1_000; count++) {
      refuse("request", `${count}`);
      refuse("submission", `${count}`);
    }
    assertEquals(refuse("signed", "expired"), true);
    audit.flush(2);
    const junk = 1_000 - AUDIT_LIMITS.perSource;
    assertEquals(
      audit.list({ limit: 1_000 }).at(-1)?.body,
      `{"from":0,"refusals":{"control socket":${junk},"control socket, submission":${junk}}}`,
    );
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
