import type { Repositories } from "./repositories.ts";
import { prune } from "./retention.ts";
import type { Shortage } from "./shortage.ts";
import type { Purpose, Store, TransactionOptions } from "./store.ts";

interface StateParts {
  readonly close: Disposable;
  /** Lets the database prepare nothing any more that does other than read and write rows. */
  readonly closeStatements: () => void;
  /** How long that is kept which lasts, milliseconds. */
  readonly lastingMs: number;
}

/**
 * The state of an agent, open to write: its repositories, and transactions over them. There is one
 * writer, who holds the lock of the folder.
 */
export class State implements Disposable {
  readonly instances: Repositories["instances"];
  readonly transactions: Repositories["transactions"];
  readonly operations: Repositories["operations"];
  readonly nonces: Repositories["nonces"];
  readonly guests: Repositories["guests"];
  readonly guestMemory: Repositories["guestMemory"];
  readonly snapshots: Repositories["snapshots"];
  readonly audit: Repositories["audit"];
  readonly pending: Repositories["pending"];
  readonly signers: Repositories["signers"];
  readonly desired: Repositories["desired"];
  readonly quarantines: Repositories["quarantines"];
  readonly timeMark: Repositories["timeMark"];
  readonly notedTasks: Repositories["notedTasks"];
  readonly #store: Store;
  readonly #parts: StateParts;

  constructor(store: Store, repositories: Repositories, parts: StateParts) {
    this.instances = repositories.instances;
    this.transactions = repositories.transactions;
    this.operations = repositories.operations;
    this.nonces = repositories.nonces;
    this.guests = repositories.guests;
    this.guestMemory = repositories.guestMemory;
    this.snapshots = repositories.snapshots;
    this.audit = repositories.audit;
    this.pending = repositories.pending;
    this.signers = repositories.signers;
    this.desired = repositories.desired;
    this.quarantines = repositories.quarantines;
    this.timeMark = repositories.timeMark;
    this.notedTasks = repositories.notedTasks;
    this.#store = store;
    this.#parts = parts;
  }

  /** The instance's id. */
  get instance(): string {
    return this.instances.current().id;
  }

  /**
   * Whether work may begin. On a full disk none may, and in a database that has reached its ceiling
   * none that is not signed, while what runs is still recorded; as soon as there is room it may again.
   *
   * @param purpose what it is for @default "new"
   */
  acceptsWork(purpose: Purpose = "new"): boolean {
    return this.#store.accepts(purpose);
  }

  /** What keeps new work from beginning; undefined when nothing does, as far as is known. */
  get shortage(): Shortage | undefined {
    return this.#store.shortage;
  }

  /** Closes the table of statements for good: part of the seal. */
  closeStatements(): void {
    this.#parts.closeStatements();
  }

  /**
   * Does all of `work` or nothing of it; when this returns, it is on the disk. What the repositories
   * write inside is part of it.
   *
   * @param work synchronous; it may run twice, so it does nothing but read and write the state
   * @throws {FelhomError} `state.full`, `state.locked`, `state.read_only`, `state.damaged`,
   * `state.unusable`; and whatever `work` throws
   */
  transaction<T>(work: () => T, options: TransactionOptions = {}): T {
    return this.#store.transaction(work, options);
  }

  /**
   * Removes what need not be kept (`RETENTION`), a batch of each kind.
   *
   * @param now epoch milliseconds
   * @returns how many rows of each kind
   */
  prune(now: number): ReturnType<typeof prune> {
    return prune(this, now, this.#parts.lastingMs);
  }

  /** Closes the database, leaving one file that can be read without making another. */
  [Symbol.dispose](): void {
    this.#parts.close[Symbol.dispose]();
  }
}
