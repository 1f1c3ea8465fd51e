import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";

/** What SQLite asks about a statement (sqlite.org/c3ref/c_alter_table.html), and the answers. */
const ASKED = {
  ...{ delete: 9, insert: 18, pragma: 19, read: 20, select: 21 },
  ...{ transaction: 22, update: 23, function: 31, recursive: 33 },
} as const;
const OK = 0;
const DENY = 1;

/** What a statement may do from the seal on, beside changing rows of the state's tables. */
const ALLOWED: ReadonlySet<number> = new Set([
  ...[ASKED.select, ASKED.read, ASKED.transaction, ASKED.recursive],
]);
const ROWS: ReadonlySet<number> = new Set([ASKED.insert, ASKED.update, ASKED.delete]);
/** Settings that may be read or set, and to what; null: without a value. */
const PRAGMAS: Readonly<Record<string, RegExp | null>> = {
  page_count: null,
  freelist_count: null,
  max_page_count: /^\d+$/,
  wal_checkpoint: /^PASSIVE$/,
  // When it is closed: the header is written under it, and no file is made.
  journal_mode: /^MEMORY$/,
};

const nameRow = z.object({ name: z.string() });

/**
 * Closes the table of statements, for good: SQLite itself prepares none from now on that does anything
 * but read and write rows of the tables there are. Nothing is attached, copied out, made, altered or
 * loaded, so the engine makes no file, and what its statements mean does not change.
 *
 * Whoever holds the connection cannot take it back: the fence deletes the method that would.
 */
export function closeStatements(database: DatabaseSync): void {
  const tables = new Set(
    database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
      .map((row) => nameRow.parse(row).name),
  );
  authorizable(database).setAuthorizer((action, first, second) =>
    mayDo(action, [first, second], tables) ? OK : DENY
  );
}

/** The runtime has the method; its types of this version do not say so. */
interface Authorizable {
  setAuthorizer(
    authorizer: (action: number, first: string | null, second: string | null) => number,
  ): void;
}

function authorizable(database: DatabaseSync): Authorizable {
  if (isAuthorizable(database)) return database;
  throw new TypeError("Cannot close the table of statements: the runtime has no setAuthorizer");
}

function isAuthorizable(database: object): database is Authorizable {
  return "setAuthorizer" in database && typeof database.setAuthorizer === "function";
}

/** @param words what SQLite says of it: a table or a setting; then a column, a value or a function */
function mayDo(
  action: number,
  [first, second]: readonly [string | null, string | null],
  tables: ReadonlySet<string>,
): boolean {
  if (ALLOWED.has(action)) return true;
  if (ROWS.has(action)) return first !== null && tables.has(first);
  if (action === ASKED.function) return second?.toLowerCase() !== "load_extension";
  if (action !== ASKED.pragma || first === null) return false;
  const name = first.toLowerCase();
  if (!Object.hasOwn(PRAGMAS, name)) return false;
  const value = PRAGMAS[name];
  return second === null || (value instanceof RegExp && value.test(second));
}
