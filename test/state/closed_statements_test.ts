import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { closeStatements } from "../../src/state/closed_statements.ts";
import { inFolder } from "./state_folder.ts";

/** Statements, each with whether it is one of the closed table. */
const STATEMENTS: Readonly<Record<string, boolean>> = {
  "SELECT count(*) FROM kept": true,
  "INSERT INTO kept (a) VALUES ('x')": true,
  "UPDATE kept SET a = 'y'": true,
  "DELETE FROM kept": true,
  "SELECT value FROM json_each('[1]')": true,
  "PRAGMA page_count": true,
  "PRAGMA max_page_count = 1000": true,
  "PRAGMA wal_checkpoint(PASSIVE)": true,
  "BEGIN IMMEDIATE": true,
  "ROLLBACK": true,
  "CREATE TABLE made (a)": false,
  "CREATE TEMP TABLE made (a)": false,
  "CREATE TRIGGER made AFTER DELETE ON kept BEGIN SELECT 1; END": false,
  "DROP TABLE kept": false,
  "ALTER TABLE kept RENAME TO other": false,
  "INSERT INTO sqlite_schema (name) VALUES ('x')": false,
  "ATTACH ':memory:' AS other": false,
  "VACUUM": false,
  "VACUUM INTO ':memory:'": false,
  "PRAGMA temp_store = FILE": false,
  "PRAGMA journal_mode = DELETE": false,
  "PRAGMA wal_checkpoint(TRUNCATE)": false,
  "PRAGMA writable_schema = ON": false,
  "PRAGMA user_version = 9": false,
  "SELECT load_extension('x')": false,
  "ANALYZE": false,
};

Deno.test("From the seal on the engine takes no statement but those that read and write rows", async () => {
  await inFolder((folder) => {
    using database = new DatabaseSync(`${folder}/a.db`);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE kept (a)");
    closeStatements(database);
    const taken = Object.keys(STATEMENTS).map((sql) => {
      try {
        database.prepare(sql).all();
        return [sql, true];
      } catch {
        return [sql, false];
      }
    });
    assertEquals(Object.fromEntries(taken), STATEMENTS);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ...["a.db", "a.db-shm", "a.db-wal"],
    ]);
  });
});
