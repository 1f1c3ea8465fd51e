import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../errors.ts";
import { checkHeader, inspectDatabase, readLayout } from "./inspect_database.ts";
import type { StateLock } from "./lock.ts";
import { LogBound } from "./log_bound.ts";
import { LAYOUT, migrate } from "./migrate.ts";
import { readHeader } from "./read_header.ts";
import { createRepositories } from "./repositories.ts";
import { Reserve, type ReserveOptions } from "./reserve.ts";
import { RETENTION } from "./retention.ts";
import { Ceiling, ceilingBytes, databaseBytes, MOST_BYTES } from "./ceiling.ts";
import { closeStatements } from "./closed_statements.ts";
import { State } from "./state.ts";
import { isFull, stateFault } from "./state_fault.ts";
import { Store } from "./store.ts";

export interface OpenStateOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  /** A random identifier, used when the state is new. */
  readonly newInstance: string;
  /** Room to keep on the disk. */
  readonly reserve?: ReserveOptions;
  /** Bytes the database may become. @default MOST_BYTES */
  readonly ceiling?: number;
  /** Bytes the disk has left, of which it takes a third at most. @default nobody knows */
  readonly free?: number | undefined;
  /** Bytes the log beside it may have while somebody keeps it from being carried over. */
  readonly logLimit?: number;
  /** How long that is kept which lasts, milliseconds. @default RETENTION.lastingMs */
  readonly lastingMs?: number;
}

/** What of the log stays on the disk when it was carried over; four times what it mostly has. */
const LOG_BYTES = 16 * 1024 * 1024;

/** A wait blocks the event loop; nobody but a shell of an operator's should make us wait. */
const BUSY_MS = 100;

/**
 * Opens `state.db` in a locked folder to write, or makes it, and brings it to this version's layout.
 * What is there and is no state of this version or an older one is left as it is. On a full disk it
 * opens with the help of the reserve.
 *
 * Needs `--allow-read` and `--allow-write` on the folder, while opening only: everything works on
 * after they are revoked.
 *
 * @throws {FelhomError} `state.damaged`, `state.newer`, `state.foreign`, `state.read_only`,
 * `state.locked`, `state.full`, `state.unusable`
 */
export function openState(lock: StateLock, options: OpenStateOptions): State {
  const { directory } = lock;
  const path = `${directory}/state.db`;
  using opening = new DisposableStack();
  try {
    const header = readHeader(path) ?? { kind: "empty" };
    checkHeader(header, path);
    const reserve = opening.use(Reserve.open(directory, options.reserve));
    const database = withRoom(reserve, () => {
      if (header.kind !== "empty") inspectFile(path);
      return openDatabase(path, options);
    });
    const exec = database.exec.bind(database);
    opening.defer(() => closeDatabase(database, exec));
    reserve.fill();
    const { ceiling = MOST_BYTES, free } = options;
    const used = databaseBytes(database);
    const limit = new Ceiling(database, ceilingBytes({ configured: ceiling, free, used }));
    const log = new LogBound(database, options.logLimit);
    const store = new Store(database, path, { room: reserve, limit, log });
    const state = new State(store, createRepositories(store), {
      close: opening.move(),
      closeStatements: () => closeStatements(database),
      lastingMs: options.lastingMs ?? RETENTION.lastingMs,
    });
    return state;
  } catch (error) {
    throw stateFault(error, path);
  }
}

/** Tries again with a part of the reserve given back, as long as the disk is too full. */
function withRoom<T>(reserve: Reserve, work: () => T): T {
  while (true) {
    try {
      return work();
    } catch (error) {
      if (!isFull(error) || !reserve.release()) throw error;
    }
  }
}

/** Done on a connection that cannot write, which does not even carry the log over when it closes. */
function inspectFile(path: string): void {
  using database = new DatabaseSync(path, { readOnly: true });
  inspectDatabase(database, path);
}

function openDatabase(path: string, { now, newInstance }: OpenStateOptions): DatabaseSync {
  createPrivate(path);
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    database.exec("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
    const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
    if (mode !== "wal") {
      throw new FelhomError("state.unusable", `Cannot use the state "${path}": it allows no log`, {
        hint: "A network file system cannot hold it: put it on a local disk.",
      });
    }
    database.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    // A log that had to grow, because somebody read for long, is cut when it was carried over.
    database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    const layout = readLayout(database, path);
    if (layout < LAYOUT) {
      migrate(database, layout, {
        within: (made) => {
          if (made !== 1) return;
          database.prepare("INSERT INTO instance (only, id, created_at) VALUES (1, ?, ?)")
            .run(newInstance, now);
        },
      });
      // So that the file says what it is, without its log.
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Leaves one file that can be read without making another beside it: the log is carried over and
 * removed, and the header says so. When that cannot be (a full disk, a reader), the log stays and is
 * read along.
 *
 * The header is written under a journal in memory, since after the seal no file may be opened. It can
 * go without one on the disk: all that changes lies in the first sector of the file.
 */
function closeDatabase(database: DatabaseSync, exec: (sql: string) => void): void {
  try {
    exec("PRAGMA journal_mode = MEMORY");
  } catch {
    // Nothing is lost: what is committed is in the file or in the log.
  }
  database.close();
}

/** Makes an empty file that nobody else may read; SQLite gives its other files the same mode. */
function createPrivate(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
