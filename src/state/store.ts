import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ZodError } from "zod";
import { FelhomError } from "../errors.ts";
import { type Shortage, SHORTAGE_WORDS } from "./shortage.ts";
import { isDatabaseError, isFull, stateFault } from "./state_fault.ts";

/** What a write is for: it decides what happens on a full disk. */
export type Purpose =
  /** It lets something begin. Refused as long as the disk or the database is full. */
  | "new"
  /** It lets something begin that an operator signed. Refused on a full disk, not in a full database. */
  | "signed"
  /** It records or finishes what began. Takes from the reserve what it needs. */
  | "finish";

export interface TransactionOptions {
  /** @default "new" */
  readonly purpose?: Purpose;
}

/** Room kept on the disk, as {@linkcode Store} sees it. */
export interface Room {
  /** Whether new work may begin without asking the disk. */
  readonly ample: boolean;
  /** @returns whether there is room again for new work */
  fill(): boolean;
  /** New work has found the disk full. */
  foundFull(): void;
  /** @returns false when nothing is left */
  release(): boolean;
}

/** How large the database may become, as {@linkcode Store} sees it. */
export interface Limit {
  readonly admitsNew: boolean;
  /** New work found no room. @returns whether it was for this limit */
  met(): boolean;
  /** @returns false when there is nothing to open, or the limit is not what was met */
  open(): boolean;
  isNear(): boolean;
}

/** SQLite's log, as {@linkcode Store} sees it. */
export interface Log {
  readonly admitsNew: boolean;
  wrote(): void;
}

/** What a database is opened to write with. */
export interface StoreParts {
  readonly room: Room;
  readonly limit: Limit;
  readonly log: Log;
}

/** A transaction under way, and what one in it failed with. */
interface Open {
  failure: { readonly error: unknown } | undefined;
}

/**
 * The open database, as the repositories see it.
 *
 * INVARIANTS
 * - A write is in a transaction, and a transaction that returned is on the disk.
 * - A transaction in another is part of it: one row of the outer one is there if all are. When the
 *   inner one fails, the outer one does, even if its work looks away.
 * - Work of a transaction may run twice (a full disk), so it must do nothing but read and write rows.
 */
export class Store {
  readonly #database: DatabaseSync;
  /** Taken while it can be: after the seal no connection has the method. */
  readonly #prepare: (sql: string) => StatementSync;
  readonly #path: string;
  readonly #parts: StoreParts | undefined;
  #open: Open | undefined;
  /** What a transaction in the last one failed with. */
  #broken: unknown;
  readonly #statements = new Map<string, StatementSync>();

  /** @param parts `undefined` when the database is open for reading only */
  constructor(database: DatabaseSync, path: string, parts: StoreParts | undefined) {
    this.#database = database;
    this.#prepare = database.prepare.bind(database);
    this.#path = path;
    this.#parts = parts;
  }

  /** A statement, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.read(() => this.#prepare(sql));
    this.#statements.set(sql, statement);
    return statement;
  }

  /**
   * Reads rows; what fails is an error of the table.
   *
   * @throws {FelhomError} `state.damaged`, `state.locked`, `state.unusable`
   */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw stateFault(error, this.#path, "read");
    }
  }

  /**
   * Does all of `work` or nothing of it, durably.
   *
   * @param work synchronous
   * @throws {FelhomError} `state.full`, `state.locked`, `state.read_only`, `state.damaged`,
   * `state.unusable`; and whatever `work` throws
   */
  transaction<T>(work: () => T, { purpose = "new" }: TransactionOptions = {}): T {
    if (this.#open !== undefined) return within(this.#open, work);
    if (this.#parts === undefined) {
      throw new FelhomError("internal.bug", `Cannot write the state "${this.#path}": open to read`);
    }
    const { room, limit } = this.#parts;
    this.#assertRoom(this.#parts, purpose);
    while (true) {
      try {
        return this.#attempt(work);
      } catch (error) {
        if (!isFull(this.#broken) && !isFull(error)) throw this.#fault(error);
        if (purpose === "new" && limit.met()) throw this.#atLimit();
        if (purpose !== "new" && limit.open()) continue;
        if (purpose === "finish" && !limit.isNear() && room.release()) continue;
        if (purpose !== "finish") room.foundFull();
        throw this.#fault(error);
      }
    }
  }

  /** Whether work for a purpose may begin, as far as is known. */
  accepts(purpose: Purpose): boolean {
    if (this.#parts === undefined) return false;
    if (purpose === "finish") return true;
    const { shortage } = this;
    return shortage === undefined ||
      (purpose === "signed" && SHORTAGE_WORDS[shortage].signedBegins);
  }

  /** What keeps new work from beginning, as far as is known: the disk first, which stops the most. */
  get shortage(): Shortage | undefined {
    if (this.#parts === undefined) return undefined;
    const { room, limit, log } = this.#parts;
    if (!room.ample && !room.fill()) return "disk";
    if (!limit.admitsNew) return "ceiling";
    return log.admitsNew ? undefined : "log";
  }

  #assertRoom({ room, limit, log }: StoreParts, purpose: Purpose): void {
    if (purpose === "finish") return;
    if (purpose === "new" && !limit.admitsNew) throw this.#atLimit();
    if (purpose === "new" && !log.admitsNew) throw this.#logTooLong();
    if (!room.ample && !room.fill()) throw this.#full();
  }

  #logTooLong(): FelhomError {
    return new FelhomError(
      "state.ceiling",
      `Cannot begin anything new: somebody reads the state "${this.#path}" and does not end, so its ` +
        "log grows",
      { hint: `Signed work and what runs go on. Look who reads it: fuser -v ${this.#path}` },
    );
  }

  #atLimit(): FelhomError {
    return new FelhomError(
      "state.ceiling",
      `Cannot begin anything new: the state "${this.#path}" is as large as it may become`,
      {
        hint: `Signed work and what runs go on. ${SHORTAGE_WORDS.ceiling.toDo}.`,
      },
    );
  }

  #attempt<T>(work: () => T): T {
    this.#broken = undefined;
    this.prepare("BEGIN IMMEDIATE").run();
    const open: Open = { failure: undefined };
    this.#open = open;
    try {
      const result = work();
      if (open.failure !== undefined) throw open.failure.error;
      if (result instanceof Promise) {
        throw new FelhomError("internal.bug", "Cannot wait inside a transaction of the state");
      }
      this.prepare("COMMIT").run();
      this.#parts?.log.wrote();
      return result;
    } catch (error) {
      this.#broken = open.failure?.error;
      // SQLite has rolled back by itself when the disk was full.
      if (this.#database.isTransaction) this.prepare("ROLLBACK").run();
      throw error;
    } finally {
      this.#open = undefined;
    }
  }

  #fault(error: unknown): unknown {
    // What the work itself threw, and is no matter of the database, is the caller's.
    if (!isDatabaseError(error) && !(error instanceof ZodError)) return error;
    return stateFault(error, this.#path, "write");
  }

  #full(): FelhomError {
    return new FelhomError(
      "state.full",
      `Cannot begin anything new: the disk of "${this.#path}" is full`,
      {
        hint: `What runs is still recorded. Make room, outside of the state's own folder: df -h ` +
          this.#path,
      },
    );
  }
}

function within<T>(open: Open, work: () => T): T {
  // SQLite may have rolled back already: what is written now would stand alone.
  if (open.failure !== undefined) throw open.failure.error;
  try {
    return work();
  } catch (error) {
    open.failure ??= { error };
    throw error;
  }
}
