import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as z from "zod";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** The largest a database may become, whatever the disk has. */
export const MOST_BYTES = 4 * GIB;
/** What it may always become: a small state on a disk that is nearly full is no reason to stop. */
const LEAST_BYTES = 64 * MIB;
/** Kept of it for what is signed and for what ends what began; a quarter of a small one. */
const INSIDE_BYTES = 16 * MIB;
/** New work stops this far below, which is more than any of it takes at once; an eighth of a small one. */
const MARGIN_PAGES = 512;

/**
 * How large the database may become: what is configured, or a third of what the disk has for it,
 * whichever is less.
 *
 * @param configured bytes
 * @param free bytes that the disk has left; undefined when nobody knows
 * @param used bytes the database has already
 */
export function ceilingBytes(
  { configured, free, used }: {
    readonly configured: number;
    readonly free: number | undefined;
    readonly used: number;
  },
): number {
  if (free === undefined) return configured;
  return Math.min(configured, Math.max(LEAST_BYTES, Math.floor((free + used) / 3)));
}

/**
 * The most pages the database may have, which SQLite itself keeps (`max_page_count`). Benign work may
 * fill all but a part; that is opened when something that is signed, or that ends what began, meets
 * the limit. Looking costs nothing until then.
 */
export class Ceiling {
  readonly #hard: number;
  readonly #soft: number;
  readonly #margin: number;
  readonly #set: (pages: number) => void;
  readonly #count: StatementSync;
  readonly #free: StatementSync;
  /** Whether the part kept is open. */
  #open = false;
  /** Whether new work met the limit, and none was let through since. */
  #met = false;

  /** @param bytes how large the database may become */
  constructor(database: DatabaseSync, bytes: number) {
    const pageSize = numberOf(database.prepare("PRAGMA page_size").get());
    const inside = Math.min(INSIDE_BYTES, Math.floor(bytes / 4));
    this.#hard = Math.max(2, Math.floor(bytes / pageSize));
    this.#soft = Math.max(1, Math.floor((bytes - inside) / pageSize));
    this.#margin = Math.min(MARGIN_PAGES, this.#soft >> 3);
    this.#count = database.prepare("PRAGMA page_count");
    this.#free = database.prepare("PRAGMA freelist_count");
    const statements = new Map([this.#soft, this.#hard].map((pages) => [
      pages,
      database.prepare(`PRAGMA max_page_count = ${pages}`),
    ]));
    this.#set = (pages) => void statements.get(pages)?.get();
    this.#close();
    this.#met = this.isNear();
  }

  /** Whether new work has room. Asks the database only after something met the limit. */
  get admitsNew(): boolean {
    if (!this.#open && !this.#met) return true;
    if (this.isNear()) return false;
    this.#met = false;
    this.#close();
    return true;
  }

  /** Whether the database has grown to where new work stops. */
  isNear(): boolean {
    return this.#used() >= this.#soft - this.#margin;
  }

  /** New work found no room. @returns whether it was for this limit, and not for the disk */
  met(): boolean {
    const near = this.isNear();
    this.#met ||= near;
    return near;
  }

  /**
   * Opens the part that is kept, for what is signed and for what ends what began.
   *
   * @returns false when it is open already, or the limit is not what was met
   */
  open(): boolean {
    if (this.#open || !this.isNear()) return false;
    this.#open = true;
    this.#set(this.#hard);
    return true;
  }

  /** SQLite keeps what the file has already, so a file that has grown into the part leaves it open. */
  #close(): void {
    this.#set(this.#soft);
    this.#open = this.#pages() > this.#soft;
    if (this.#open) this.#set(this.#hard);
  }

  #pages(): number {
    return numberOf(this.#count.get());
  }

  #used(): number {
    return this.#pages() - numberOf(this.#free.get());
  }
}

/** Bytes of a database's pages. */
export function databaseBytes(database: DatabaseSync): number {
  const [pages, size] = ["PRAGMA page_count", "PRAGMA page_size"]
    .map((sql) => numberOf(database.prepare(sql).get()));
  return (pages ?? 0) * (size ?? 0);
}

const numberRow = z.record(z.string(), z.int()).transform((row) => Object.values(row)[0] ?? 0);

function numberOf(row: unknown): number {
  return numberRow.parse(row);
}
