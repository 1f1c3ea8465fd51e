import * as z from "zod";
import { type AuditLink, type AuditPlace, checkLink, GENESIS, hashLink } from "./audit_chain.ts";
import { type AuditClass, auditClass, PRUNED } from "./audit_class.ts";
import { AuditExports } from "./audit_exports.ts";
import { AuditFlood, type Suppressed } from "./audit_flood.ts";
import { AuditGaps, vouchFor } from "./audit_gaps.ts";
import { type AuditPruneOptions, findVictims, gapsOf } from "./audit_prune.ts";
import { AuditRepeats, type Repeatable, type Repeated } from "./audit_repeats.ts";
import { type AuditReport, linkRow, verifyChain } from "./audit_verify.ts";
import { canonicalJson } from "./canonical_json.ts";
import type { Purpose, Store } from "./store.ts";

/** Something an auditor wants to know of. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** As "gate.allowed". */
  readonly kind: string;
  /** JSON. Never a secret. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A refusal, of which a source can cause any number. */
export interface AuditRefusal extends AuditEntry {
  readonly source: string;
  /** The same for what need not be written twice in a minute. */
  readonly key: string;
  /**
   * What was handed in with signatures has a quota of its own, and what was signed by somebody who
   * may sign another: neither is pushed out by junk.
   *
   * @default "request"
   */
  readonly quota?: "request" | "submission" | "signed";
}

export interface AppendOptions {
  /** @default "new" */
  readonly purpose?: Purpose;
  /** @default what kind and body say */
  readonly class?: AuditClass;
}

const placeRow = z.object({ seq: z.int(), hash: z.instanceof(Uint8Array) });
const COLUMNS = "seq, at, kind, body, previous, hash";

/**
 * The audit log, a hash chain: a link that was changed, taken out or put in breaks it. It is a
 * signal and never the guard. Links at its end can be cut off unseen, as with any chain: keep its
 * head elsewhere (the log has it), and hand it to {@linkcode Audit.verify}.
 */
export class Audit {
  readonly #store: Store;
  readonly #gaps: AuditGaps;
  readonly #exports: AuditExports;
  readonly #flood = new AuditFlood();
  readonly #repeats = new AuditRepeats();
  #held = true;

  constructor(store: Store) {
    this.#store = store;
    this.#gaps = new AuditGaps(store);
    this.#exports = new AuditExports(store);
  }

  /** The last link's place. */
  head(): AuditPlace {
    return this.#store.read(() => {
      const last = this.#store.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .get();
      return last === undefined ? this.#gaps.end() ?? GENESIS : placeRow.parse(last);
    });
  }

  /**
   * Writes down that the chain's head is kept elsewhere: what lasts may be pruned up to there, once
   * it is old enough.
   *
   * @param at epoch milliseconds
   * @returns the head
   */
  export(at: number): AuditPlace {
    return this.#store.transaction(() => {
      const head = this.head();
      if (head.seq > 0) this.#exports.add(head, at);
      return head;
    }, { purpose: "finish" });
  }

  /** Adds a link. In a transaction, with what it tells of. */
  append({ at, kind, body }: AuditEntry, options: AppendOptions = {}): AuditPlace {
    const { purpose = "new", class: name = auditClass(kind, body) } = options;
    return this.#store.transaction(() => {
      const before = this.head();
      const link = {
        ...{ seq: before.seq + 1, at, kind },
        body: canonicalJson(body),
        previous: before.hash,
      };
      const hash = hashLink(link);
      this.#store.prepare(`INSERT INTO audit (${COLUMNS}, class) VALUES (?, ?, ?, ?, ?, ?, ?)`)
        .run(link.seq, link.at, link.kind, link.body, link.previous, hash, name);
      return { seq: link.seq, hash };
    }, { purpose });
  }

  /**
   * Adds a link for a permit of benign work, unless the same was written in this hour: then it is
   * counted, and the count is written when the hour is over.
   *
   * @returns whether it was written
   */
  permit(entry: AuditEntry, permit: Repeatable): boolean {
    this.turn(entry.at);
    if (!this.#repeats.admit(permit)) return false;
    this.append(entry);
    return true;
  }

  /**
   * Adds a link for a refusal, unless its source has been refused the same in this minute, or too
   * much: then it is counted, and the count is written when the minute is over.
   *
   * @returns whether it was written
   */
  refuse({ source, key, at, kind, body, quota = "request" }: AuditRefusal): boolean {
    this.turn(at);
    const name = quota === "request" ? source : `${source}, ${quota}`;
    if (!this.#flood.admit(name, key)) return false;
    const purpose = quota === "signed" ? "signed" : "new";
    const options = { purpose, class: quota === "request" ? "refused" : "submission" } as const;
    this.append({ at, kind, body: { ...body, source } }, options);
    return true;
  }

  /** Writes what was counted and not written, of minutes and hours that are over. */
  turn(at: number): void {
    this.#writeCounts(at, this.#flood.turn(at), this.#repeats.turn(at));
  }

  /** Writes what was counted and not written: before the state is closed. */
  flush(at: number): void {
    this.#writeCounts(at, this.#flood.take(), this.#repeats.take());
  }

  /** A few links a minute, of what has happened already: want of room must not lose them. */
  #writeCounts(at: number, left: Suppressed | undefined, repeats: readonly Repeated[]): void {
    const write = (kind: string, body: AuditEntry["body"]) =>
      void this.append({ at, kind, body }, { purpose: "finish" });
    if (left !== undefined) write("audit.suppressed", { ...left });
    for (const again of repeats) write("audit.repeated", { ...again });
  }

  /**
   * Whether the chain holds as far as it was looked at: all of it when {@linkcode Audit.verify} last
   * looked, and its newest link now. Cheap enough to ask with each decision.
   */
  holds(): boolean {
    return this.#store.read(() => {
      const [last, before] = this.#store.prepare(
        `SELECT ${COLUMNS} FROM audit ORDER BY seq DESC LIMIT 2`,
      ).all().map((row) => linkRow.parse(row));
      if (last === undefined) return this.#held;
      const gap = before?.seq === last.seq - 1 ? undefined : this.#gaps.endingAt(last.seq - 1);
      const place = gap === undefined ? before ?? GENESIS : { seq: gap.last, hash: gap.hash };
      return checkLink(last, place) === undefined && this.#held;
    });
  }

  /** Links from a place on, oldest first. */
  list({ after = 0, limit = 100 }: { after?: number; limit?: number } = {}): AuditLink[] {
    return this.#store.read(() =>
      this.#store.prepare(`SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`)
        .all(after, limit).map((row) => linkRow.parse(row))
    );
  }

  /**
   * Checks the chain from its beginning to its head.
   *
   * @param expected a place that was seen before: the chain must have it, or have pruned it
   */
  verify(expected?: AuditPlace): AuditReport {
    const report = this.#store.read(() => {
      const rows = this.#store.prepare(`SELECT ${COLUMNS} FROM audit ORDER BY seq`).iterate();
      return verifyChain(rows, this.#gaps.all(), expected);
    });
    // Another's head that is not this chain's says nothing of the chain.
    if (expected === undefined) this.#held = report.holds;
    return report;
  }

  /**
   * Removes links that need not be kept. In their place a gap is written, with the hashes before and
   * after it, and a new link says which gaps there are: the chain goes on verifying. At least the
   * newest link is left.
   *
   * @returns how many
   */
  prune(options: AuditPruneOptions): number {
    return this.#store.transaction(() => {
      const exported = this.#exports.places();
      const head = this.head().seq;
      const victims = findVictims(this.#store, options, { head, exported: exported.at(-1) ?? 0 });
      if (victims.length === 0) return 0;
      const ends = new Set(exported);
      const isEnd = (seq: number) => ends.has(seq);
      const remove = this.#store.prepare("DELETE FROM audit WHERE seq BETWEEN ? AND ?");
      for (const gap of gapsOf(victims, isEnd)) {
        remove.run(gap.first, gap.last);
        this.#gaps.add(gap, isEnd);
      }
      const body = { removed: victims.length, ...vouchFor(this.#gaps.all()) };
      this.append({ at: options.at, kind: PRUNED, body });
      return victims.length;
    }, { purpose: "finish" });
  }
}
