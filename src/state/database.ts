import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { FelhomError } from "../errors.ts";

/** The layout this version writes, kept in SQLite's `user_version`. */
const LAYOUT = 1;

const instanceRow = z.object({ id: z.string(), created_at: z.number() });

/**
 * The state as it is so far: which instance of the agent it belongs to, and when a daemon last
 * started on it. The journal joins it in the same file.
 */
export interface State extends Disposable {
  /** Random, made with the state: what a reinstalled host or a restored state does not share. */
  readonly instance: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /**
   * Writes that a daemon started. Done after the seal, so it shows that the open database goes on
   * working without any right to its folder.
   *
   * @param at epoch milliseconds
   * @throws {FelhomError} `state.unusable`
   */
  recordStart(at: number): void;
}

export interface OpenStateOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  /** A random identifier, used when the state is new. */
  readonly newInstance: string;
}

/**
 * Opens `state.db` in a folder, or makes it. What is there and is no state of this version or an
 * older one is left as it is.
 *
 * Needs `--allow-read` and `--allow-write` on the folder, while opening only.
 *
 * @throws {FelhomError} `state.unusable`
 */
export function openState(directory: string, options: OpenStateOptions): State {
  const path = `${directory}/state.db`;
  const fail = (why: string, cause?: unknown): FelhomError =>
    new FelhomError("state.unusable", `Cannot use the state "${path}": ${why}`, {
      hint: "Nothing was changed. Restore the file from a backup, or move it away to begin anew.",
      cause,
    });
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof FelhomError) throw error;
      throw fail(error instanceof Error ? error.message : String(error), error);
    }
  };
  let database: DatabaseSync | undefined;
  try {
    return guarded(() => {
      createPrivate(path);
      database = new DatabaseSync(path);
      const opened = database;
      // Read before anything is set: a file of a newer version is not touched.
      const layout = z.object({ user_version: z.number() })
        .parse(opened.prepare("PRAGMA user_version").get()).user_version;
      if (layout > LAYOUT) throw fail(`it was written by a newer version (layout ${layout})`);
      opened.exec("PRAGMA busy_timeout = 100; PRAGMA temp_store = MEMORY");
      opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      if (layout === 0) create(opened, options);
      const row = instanceRow.parse(opened.prepare("SELECT id, created_at FROM instance").get());
      const start = opened.prepare("UPDATE instance SET started_at = ?");
      return {
        instance: row.id,
        createdAt: row.created_at,
        recordStart: (at) => guarded(() => void start.run(at)),
        [Symbol.dispose]: () => opened.close(),
      };
    });
  } catch (error) {
    database?.close();
    throw error;
  }
}

/** Makes an empty file that nobody else may read; SQLite gives its other files the same mode. */
function createPrivate(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function create(database: DatabaseSync, { now, newInstance }: OpenStateOptions): void {
  database.exec("BEGIN IMMEDIATE");
  database.exec(`CREATE TABLE instance (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER
  ) STRICT`);
  database.prepare("INSERT INTO instance (only, id, created_at) VALUES (1, ?, ?)")
    .run(newInstance, now);
  database.exec(`PRAGMA user_version = ${LAYOUT}; COMMIT`);
}
