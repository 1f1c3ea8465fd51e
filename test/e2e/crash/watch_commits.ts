import { Store } from "../../../src/state/store.ts";

/** What is called around every commit of every state of this isolate. */
export interface CommitWatch {
  /** @param writes what the transaction writes, as `operation to started, transition` */
  before(writes: string): void;
  after(writes: string): void;
}

/**
 * Calls `watch` around each `COMMIT` that a {@linkcode Store} makes from now on. All that the agent
 * writes goes through one, and each commit is one statement: so nothing of the product has to know.
 */
export function watchCommits(watch: CommitWatch): void {
  const prepare = Store.prototype.prepare;
  const written = new Set<string>();
  const watched = new WeakSet();
  Store.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const write = nameOfWrite(sql);
    if (write !== undefined) written.add(write);
    if (sql === "BEGIN IMMEDIATE") written.clear();
    if (sql !== "COMMIT" || watched.has(statement)) return statement;
    watched.add(statement);
    const run = statement.run.bind(statement);
    statement.run = () => {
      const writes = [...written].join(", ");
      watch.before(writes);
      const result = run();
      watch.after(writes);
      return result;
    };
    return statement;
  };
}

/** The table that a statement writes to, and the state it moves an operation to. */
function nameOfWrite(sql: string): string | undefined {
  const [, table] = /^\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) (\w+)/.exec(sql) ?? [];
  if (table === undefined) return undefined;
  const [, state] = /SET state = '(\w+)'/.exec(sql) ?? [];
  return state === undefined ? table : `${table} to ${state}`;
}
