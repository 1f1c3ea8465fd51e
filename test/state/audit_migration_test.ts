import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { migrate, MIGRATIONS } from "../../src/state/migrate.ts";
import { readState } from "../../src/state/mod.ts";
import { inFolder, openIn } from "./state_folder.ts";

/** A chain as layout 2 has it, written by the version that had no other: pruned twice, to link 4. */
// deno-fmt-ignore -- A link a line.
const CHAIN = [
  [5, 5, "gate.permitted", `{"action":{"guest":105,"kind":"guest.start"},"authorisation":null,"door":"ask"}`, "3b1fb8175d74b83ca988e6868383c4d4a3d77ea2c2036bacd2134ccde745885e", "8db604382a8f071236d453ee57feb7e92e58025014f9346933693f1321450bf4"],
  [6, 6, "gate.permitted", `{"action":{"guest":106,"kind":"guest.start"},"authorisation":null,"door":"ask"}`, "8db604382a8f071236d453ee57feb7e92e58025014f9346933693f1321450bf4", "0f46b59ea2d1f5d58e4030640ccde502e46b510ad3f620d170abde1cbf653ceb"],
  [7, 10, "audit.pruned", `{"hash":"4b0e06ca590a55ae365c13d49388a397c3b0395a4cca60a48fd367974f1e964a","through":3}`, "0f46b59ea2d1f5d58e4030640ccde502e46b510ad3f620d170abde1cbf653ceb", "b947f717817c4751102f8bfafa60cd18b11947709ea23d8095a148ec685365aa"],
  [8, 11, "gate.authorised", `{"action":{"guest":101,"kind":"guest.destroy"},"authorisation":{"operation":"o"},"door":"authorise"}`, "b947f717817c4751102f8bfafa60cd18b11947709ea23d8095a148ec685365aa", "3324b682d7f12a4e81557f8375acd00eb423690e9d70fc2a9dde2d5e5f52cacf"],
  [9, 12, "gate.permitted", `{"action":{"guest":101,"kind":"guest.delete_snapshot"},"authorisation":null,"door":"ask"}`, "3324b682d7f12a4e81557f8375acd00eb423690e9d70fc2a9dde2d5e5f52cacf", "54555d593a96d12c218df31d8358a75a402d275eeb2439600ce7c9e8dbdcc7c2"],
  [10, 13, "gate.permitted", `{"action":{"guest":null,"kind":"signers.rotate"},"authorisation":{"operation":"p"},"door":"dispatch"}`, "54555d593a96d12c218df31d8358a75a402d275eeb2439600ce7c9e8dbdcc7c2", "3975e3cc5c8e02c09ce5841b8e2317c803f81278b3925108d6ee833d791c6d8b"],
  [11, 14, "state.acknowledged", `{"instance":"é"}`, "3975e3cc5c8e02c09ce5841b8e2317c803f81278b3925108d6ee833d791c6d8b", "c72a2ba56f89c9d65fe2e71350cf219e7c629e23b60617f36dba4949564e91fd"],
  [12, 15, "gate.refused", `{"action":{"guest":101,"kind":"guest.destroy"},"door":"authorise"}`, "c72a2ba56f89c9d65fe2e71350cf219e7c629e23b60617f36dba4949564e91fd", "3f91eedc6bb239d3e4510f68c040f85d3044f382f69225685058cfa1c04031b4"],
  [13, 16, "gate.pending_signature", `{"action":{"guest":101,"kind":"guest.destroy"},"door":"ask"}`, "3f91eedc6bb239d3e4510f68c040f85d3044f382f69225685058cfa1c04031b4", "9aa63db5c85bfd27ffd0bc4dae46dc9a0577c9280e435f291a1211a82d440e03"],
  [14, 17, "audit.pruned", `{"hash":"3b1fb8175d74b83ca988e6868383c4d4a3d77ea2c2036bacd2134ccde745885e","through":4}`, "9aa63db5c85bfd27ffd0bc4dae46dc9a0577c9280e435f291a1211a82d440e03", "2e6d82e6f10244832a07540845626ce3a4ab9f5222f6f0696b12c11f0944a6be"],
] as const;
const ANCHOR = "3b1fb8175d74b83ca988e6868383c4d4a3d77ea2c2036bacd2134ccde745885e";
const HEAD = {
  seq: 14,
  hash: Uint8Array.fromHex("2e6d82e6f10244832a07540845626ce3a4ab9f5222f6f0696b12c11f0944a6be"),
};

/** A state of layout 2 with the chain in it. */
function writeOld(folder: string): void {
  using database = new DatabaseSync(`${folder}/state.db`);
  database.exec("PRAGMA journal_mode = WAL");
  migrate(database, 0, { migrations: MIGRATIONS.slice(0, 2) });
  database.exec("INSERT INTO instance (only, id, created_at) VALUES (1, 'old', 7)");
  const insert = database.prepare(
    "INSERT INTO audit (seq, at, kind, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?)",
  );
  for (const [seq, at, kind, body, previous, hash] of CHAIN) {
    insert.run(seq, at, kind, body, Uint8Array.fromHex(previous), Uint8Array.fromHex(hash));
  }
  database.prepare("INSERT INTO audit_anchor (only, seq, hash) VALUES (1, 4, ?)")
    .run(Uint8Array.fromHex(ANCHOR));
}

Deno.test("A chain of the layout before verifies to the same head, and to the same links", async () => {
  await inFolder((folder) => {
    writeOld(folder);
    openIn(folder)[Symbol.dispose]();
    const { report, links } = readState(folder, ({ audit }) => ({
      report: audit.verify(HEAD),
      links: audit.list(),
    }));
    assertEquals(report, { holds: true, links: CHAIN.length, head: HEAD, expected: "found" });
    assertEquals(
      links.map(({ seq, at, kind, body, previous, hash }) => [
        ...[seq, at, kind, body],
        ...[previous.toHex(), hash.toHex()],
      ]),
      CHAIN.map((link) => [...link]),
    );
  });
});

Deno.test("Of a chain of the layout before it is known what lasts; it is pruned as any other", async () => {
  await inFolder((folder) => {
    writeOld(folder);
    using opened = openIn(folder);
    const { audit } = opened.state;
    const keep = { benign: 0, refused: 0, submission: 0 };
    audit.append({ at: 20, kind: "x", body: {} });
    const prune = { at: 21, before: 1_000, keep, limit: 100 };
    assertEquals(audit.prune({ ...prune, lastingBefore: 0 }), 6);
    const seqs = () => audit.list().map(({ seq }) => seq);
    assertEquals(seqs(), [8, 9, 10, 11, 15, 16]);
    assertEquals(audit.verify(HEAD).holds, true);
    // Not before its head was exported, however old; what was the newest link goes now.
    assertEquals(audit.prune({ ...prune, lastingBefore: 1_000 }), 1);
    assertEquals(seqs(), [8, 9, 10, 11, 16, 17]);
    audit.export(22);
    assertEquals(audit.prune({ ...prune, lastingBefore: 13 }), 3);
    assertEquals(seqs(), [10, 11, 17, 18]);
    assertEquals(audit.verify(HEAD).holds, true);
  });
});

Deno.test("A chain of the layout before that was altered is found broken after it, too", async () => {
  await inFolder((folder) => {
    writeOld(folder);
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec(`UPDATE audit_anchor SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5);
        DELETE FROM audit WHERE seq = 5`);
    }
    openIn(folder)[Symbol.dispose]();
    const report = readState(folder, ({ audit }) => audit.verify());
    assertEquals(report, {
      ...{ holds: false, links: CHAIN.length - 1 },
      broken: { seq: 1, why: "no link of the chain says that links were pruned there" },
    });
  });
});
