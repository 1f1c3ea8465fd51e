import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LAYOUT, migrate, MIGRATIONS } from "../../src/state/migrate.ts";
import { inFolder, openIn } from "./state_folder.ts";

function schemaOf(path: string): unknown {
  using database = new DatabaseSync(path, { readOnly: true });
  return [
    database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all(),
    database.prepare("PRAGMA user_version").get(),
    database.prepare("PRAGMA application_id").get(),
  ];
}

/** The layout that a new state has. */
async function freshSchema(): Promise<unknown> {
  let schema: unknown;
  await inFolder((folder) => {
    openIn(folder)[Symbol.dispose]();
    schema = schemaOf(`${folder}/state.db`);
  });
  return schema;
}

for (let layout = 0; layout <= LAYOUT; layout++) {
  Deno.test(`A state of layout ${layout} becomes what a new one is, with what it held`, async () => {
    const fresh = await freshSchema();
    await inFolder((folder) => {
      {
        using database = new DatabaseSync(`${folder}/state.db`);
        database.exec("PRAGMA journal_mode = WAL");
        migrate(database, 0, { migrations: MIGRATIONS.slice(0, layout) });
        if (layout > 0) {
          database.exec("INSERT INTO instance (only, id, created_at) VALUES (1, 'old', 7)");
        }
      }
      {
        using opened = openIn(folder, { newInstance: "new", now: 9 });
        const { id, createdAt } = opened.state.instances.current();
        assertEquals([id, createdAt], layout > 0 ? ["old", 7] : ["new", 9]);
      }
      assertEquals(schemaOf(`${folder}/state.db`), fresh);
    });
  });

  if (layout === 0) continue;
  Deno.test(`A migration to layout ${layout} that is killed is as if it had not begun`, async () => {
    const fresh = await freshSchema();
    await inFolder((folder) => {
      const path = `${folder}/state.db`;
      const { signal } = new Deno.Command(Deno.execPath(), {
        args: [
          ...["eval", "--no-check"],
          `import { DatabaseSync } from "node:sqlite";
           import { migrate } from "${new URL("../../src/state/migrate.ts", import.meta.url)}";
           const database = new DatabaseSync(${JSON.stringify(path)});
           database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
           migrate(database, 0, { within: (made) => {
             if (made === 1) database.exec("INSERT INTO instance (only, id, created_at) VALUES (1, 'old', 7)");
             if (made === ${layout}) Deno.kill(Deno.pid, "SIGKILL");
           } });`,
        ],
      }).outputSync();
      assertEquals(signal, "SIGKILL");
      {
        using database = new DatabaseSync(path, { readOnly: true });
        assertEquals({ ...database.prepare("PRAGMA user_version").get() }, {
          user_version: layout - 1,
        });
      }
      {
        using opened = openIn(folder, { newInstance: "new" });
        assertEquals(opened.state.instance, layout > 1 ? "old" : "new");
      }
      assertEquals(schemaOf(path), fresh);
    });
  });
}

Deno.test("A guest of an older state was left as it was made, as far as anybody knows", async () => {
  await inFolder((folder) => {
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec("PRAGMA journal_mode = WAL");
      migrate(database, 0, { migrations: MIGRATIONS.slice(0, 6) });
      database.exec("INSERT INTO instance (only, id, created_at) VALUES (1, 'old', 7)");
      for (const [vmid, digest] of [[298, null], [299, "d"]] as const) {
        database.prepare(
          `INSERT INTO guest_made (vmid, transaction_id, operation, volumes, macs, digest, made_at,
             scratch_until) VALUES (?, 't', 'o', '[]', '[]', ?, 1, 9)`,
        ).run(vmid, digest);
      }
    }
    using opened = openIn(folder);
    const marks = [298, 299].map((vmid) => opened.state.guests.get(vmid));
    assertEquals(
      marks.map((mark) => [mark?.digest, mark?.lastDigest, mark?.scratchLostWhy]),
      [[null, null, null], ["d", "d", null]],
    );
  });
});

Deno.test("A step that fails leaves the layout before it", () => {
  using database = new DatabaseSync(":memory:");
  let failed = false;
  try {
    migrate(database, 0, {
      migrations: ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE b (x)"],
    });
  } catch {
    failed = true;
  }
  assertEquals(failed, true);
  assertEquals({ ...database.prepare("PRAGMA user_version").get() }, { user_version: 1 });
  assertEquals(database.prepare("SELECT name FROM sqlite_schema").all().map((row) => row["name"]), [
    "a",
  ]);
});

Deno.test("The settings are those of the design", async () => {
  await inFolder((folder) => {
    using _opened = openIn(folder);
    using database = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
    const tables = database.prepare("PRAGMA table_list").all()
      .filter(({ name, schema }) => schema === "main" && !String(name).startsWith("sqlite_"));
    assertEquals(tables.filter(({ strict }) => strict !== 1), []);
    assertEquals(tables.length > 10, true);
    assertEquals({ ...database.prepare("PRAGMA journal_mode").get() }, { journal_mode: "wal" });
  });
});
