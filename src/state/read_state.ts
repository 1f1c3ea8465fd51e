import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../errors.ts";
import { checkHeader, inspectDatabase } from "./inspect_database.ts";
import { LAYOUT } from "./migrate.ts";
import { readHeader } from "./read_header.ts";
import { createRepositories, type Repositories } from "./repositories.ts";
import { stateFault } from "./state_fault.ts";
import { Store } from "./store.ts";

type ReadsOf<T, Names extends keyof T> = Pick<T, Names>;

/** What can be read of a state, with the daemon up or down. */
export interface StateReader {
  readonly instances: ReadsOf<Repositories["instances"], "current">;
  readonly transactions: ReadsOf<Repositories["transactions"], "get" | "open">;
  readonly operations: ReadsOf<
    Repositories["operations"],
    "get" | "transitions" | "document" | "unfinished" | "ofTransaction" | "list" | "times"
  >;
  readonly nonces: ReadsOf<Repositories["nonces"], "usedBy">;
  readonly guests: ReadsOf<Repositories["guests"], "get">;
  readonly snapshots: ReadsOf<Repositories["snapshots"], "get" | "of">;
  readonly audit: ReadsOf<Repositories["audit"], "head" | "list" | "verify">;
  readonly pending: ReadsOf<Repositories["pending"], "list">;
  readonly signers: ReadsOf<Repositories["signers"], "current" | "history" | "seenFile">;
  readonly desired: ReadsOf<Repositories["desired"], "current" | "list">;
  readonly quarantines: ReadsOf<Repositories["quarantines"], "all">;
  readonly timeMark: ReadsOf<Repositories["timeMark"], "get">;
}

/**
 * Reads a state. All that `work` reads is of one moment. No file is made or changed: after a daemon
 * ended well there is one file; while one runs, or after it was killed, SQLite's log and index are
 * there already.
 *
 * Needs `--allow-read` and `--allow-write` on the folder: the runtime asks for both.
 *
 * @throws {FelhomError} `state.absent` when there is none yet, `state.unusable` when a log is
 * needed and is not there, `state.damaged`, `state.newer`, `state.foreign`, `state.locked`
 */
export function readState<T>(directory: string, work: (state: StateReader) => T): T {
  const path = `${directory}/state.db`;
  try {
    assertReadable(path);
    using database = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
    database.exec("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; BEGIN");
    const layout = inspectDatabase(database, path);
    if (layout < LAYOUT) {
      throw new FelhomError(
        "state.unusable",
        `Cannot read the state "${path}": it is an older one`,
        {
          hint: `It has layout ${layout}; the daemon brings it to ${LAYOUT} when it starts.`,
        },
      );
    }
    return work(createRepositories(new Store(database, path, undefined)));
  } catch (error) {
    throw stateFault(error, path, "read");
  }
}

/** Whether SQLite can open the file without making another beside it. */
function assertReadable(path: string): void {
  const [log, index] = [exists(`${path}-wal`), exists(`${path}-shm`)];
  // Only now is the file itself opened: whoever closes one that SQLite works with in the same process
  // drops SQLite's locks on it.
  if (log && index) return;
  const header = readHeader(path);
  if (header === undefined || header.kind === "empty") throw absent(path);
  checkHeader(header, path);
  if (header.kind === "sqlite" && header.wal) {
    throw new FelhomError(
      "state.unusable",
      `Cannot read the state "${path}": it was copied without its log, or the log was removed`,
      { hint: "Start the daemon on it, which sees to that: systemctl start felhom-agent." },
    );
  }
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function absent(path: string): FelhomError {
  return new FelhomError("state.absent", `Cannot read the state "${path}": there is none yet`, {
    hint: "The daemon makes it when it first starts: systemctl start felhom-agent.",
  });
}
