import * as z from "zod";
import {
  type AuditLink,
  type AuditPlace,
  type BrokenLink,
  checkLink,
  GENESIS,
  hashLink,
  sameBytes,
} from "./audit_chain.ts";
import { AuditFlood } from "./audit_flood.ts";
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
}

export interface AppendOptions {
  /** @default "new" */
  readonly purpose?: Purpose;
}

/** What a check of the chain found. */
export type AuditReport =
  | { readonly holds: true; readonly links: number; readonly head: AuditPlace }
  | { readonly holds: false; readonly links: number; readonly broken: BrokenLink };

const bytes = z.instanceof(Uint8Array);
const placeRow = z.object({ seq: z.int(), hash: bytes });
const linkRow = placeRow.extend({
  at: z.int(),
  kind: z.string(),
  body: z.string(),
  previous: bytes,
});
const countRow = z.object({ count: z.int(), last: z.int().nullable() });
const prunedBody = z.object({ through: z.int(), hash: z.string() });
const COLUMNS = "seq, at, kind, body, previous, hash";
const PRUNED = "audit.pruned";

/**
 * The audit log, a hash chain: a link that was changed, taken out or put in breaks it. It is a
 * signal and never the guard. Links at its end can be cut off unseen, as with any chain: keep its
 * head elsewhere (the log has it), and hand it to {@linkcode Audit.verify}.
 */
export class Audit {
  readonly #store: Store;
  readonly #flood = new AuditFlood();
  #held = true;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The last link's place. */
  head(): AuditPlace {
    return this.#store.read(() => {
      const last = this.#store.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .get();
      return last === undefined ? this.#anchor() : placeRow.parse(last);
    });
  }

  /** Adds a link. In a transaction, with what it tells of. */
  append({ at, kind, body }: AuditEntry, { purpose = "new" }: AppendOptions = {}): AuditPlace {
    return this.#store.transaction(() => {
      const before = this.head();
      const link = {
        ...{ seq: before.seq + 1, at, kind },
        body: canonicalJson(body),
        previous: before.hash,
      };
      const hash = hashLink(link);
      this.#store.prepare(`INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`)
        .run(link.seq, link.at, link.kind, link.body, link.previous, hash);
      return { seq: link.seq, hash };
    }, { purpose });
  }

  /**
   * Adds a link for a refusal, unless its source has been refused the same in this minute, or too
   * much: then it is counted, and the count is written when the minute is over.
   *
   * @returns whether it was written
   */
  refuse({ source, key, at, kind, body }: AuditRefusal): boolean {
    const left = this.#flood.turn(at);
    if (left !== undefined) this.append({ at, kind: "audit.suppressed", body: { ...left } });
    if (!this.#flood.admit(source, key)) return false;
    this.append({ at, kind, body: { ...body, source } });
    return true;
  }

  /** Writes what was counted and not written: before the state is closed. */
  flush(at: number): void {
    const left = this.#flood.take();
    if (left !== undefined) {
      this.append({ at, kind: "audit.suppressed", body: { ...left } }, { purpose: "finish" });
    }
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
      const good = last === undefined || checkLink(last, before ?? this.#anchor()) === undefined;
      return good && this.#held;
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
   * Checks the chain from its anchor to its head.
   *
   * @param expected a place that was seen before: the chain must have it, or begin after it
   */
  verify(expected?: AuditPlace): AuditReport {
    const report = this.#verify(expected);
    this.#held = report.holds;
    return report;
  }

  #verify(expected?: AuditPlace): AuditReport {
    return this.#store.read(() => {
      const anchor = this.#anchor();
      let place = anchor;
      let links = 0;
      let vouched = anchor.seq === 0;
      const rows = this.#store.prepare(`SELECT ${COLUMNS} FROM audit ORDER BY seq`).iterate();
      for (const row of rows) {
        const parsed = linkRow.safeParse(row);
        const broken = parsed.success
          ? checkLink(parsed.data, place)
          : { seq: place.seq + 1, why: "it cannot be read" };
        if (broken !== undefined || !parsed.success) {
          return { holds: false, links, broken: broken ?? { seq: place.seq + 1, why: "" } };
        }
        const link = parsed.data;
        if (expected?.seq === link.seq && !sameBytes(expected.hash, link.hash)) {
          return {
            holds: false,
            links,
            broken: { seq: link.seq, why: "it is not the one seen before" },
          };
        }
        if (link.kind === PRUNED && !vouched) vouched = vouchesFor(link, anchor);
        place = link;
        links++;
      }
      if (!vouched) {
        const why = "no link of the chain says that those before it were pruned";
        return { holds: false, links, broken: { seq: anchor.seq + 1, why } };
      }
      if (expected !== undefined && expected.seq > place.seq) {
        const why = `links up to ${expected.seq} were seen before and are missing`;
        return { holds: false, links, broken: { seq: place.seq + 1, why } };
      }
      return { holds: true, links, head: { seq: place.seq, hash: place.hash } };
    });
  }

  /**
   * Removes the oldest links: those before a time, and those beyond a number. What stood before the
   * oldest that is left is kept as the anchor, and a new link says so: the chain goes on verifying.
   * At least the newest link is left.
   *
   * @param limit how many at most; the next call goes on
   * @returns how many
   */
  prune({ at, before, keep, limit }: {
    readonly at: number;
    readonly before: number;
    readonly keep: number;
    readonly limit: number;
  }): number {
    return this.#store.transaction(() => {
      const anchor = this.#anchor();
      const head = this.head();
      // The first link that stays: times may jump, so the chain is cut by place.
      const young = countRow.parse(
        this.#store.prepare("SELECT count(*) AS count, min(seq) AS last FROM audit WHERE at >= ?")
          .get(before),
      ).last ?? head.seq;
      const through = Math.min(
        Math.max(young - 1, head.seq - keep),
        head.seq - 1,
        anchor.seq + limit,
      );
      if (through <= anchor.seq) return 0;
      const last = placeRow.parse(
        this.#store.prepare("SELECT seq, hash FROM audit WHERE seq = ?").get(through),
      );
      this.#store.prepare(
        `INSERT INTO audit_anchor (only, seq, hash) VALUES (1, ?, ?)
         ON CONFLICT (only) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
      ).run(last.seq, last.hash);
      this.#store.prepare("DELETE FROM audit WHERE seq <= ?").run(through);
      this.append({ at, kind: PRUNED, body: { through, hash: last.hash.toHex() } });
      return through - anchor.seq;
    }, { purpose: "finish" });
  }

  #anchor(): AuditPlace {
    const row = this.#store.prepare("SELECT seq, hash FROM audit_anchor").get();
    return row === undefined ? GENESIS : placeRow.parse(row);
  }
}

/** Whether a link says that all up to the anchor was pruned. */
function vouchesFor(link: AuditLink, anchor: AuditPlace): boolean {
  const body = prunedBody.safeParse(JSON.parse(link.body));
  return body.success && body.data.through === anchor.seq && body.data.hash === anchor.hash.toHex();
}
