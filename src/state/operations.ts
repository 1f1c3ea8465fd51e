import * as z from "zod";
import { ACTION_KINDS, entryOf, type Loss } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";
import { canonicalJson } from "./canonical_json.ts";
import type { Nonces } from "./nonces.ts";
import {
  isReadable,
  type NewOperation,
  type Operation,
  type SignedDocument,
  type Transition,
  type UnreadableOperation,
} from "./operation.ts";
import {
  OPERATION_COLUMNS as COLUMNS,
  toOperation,
  toOperationOrNot,
  toSignedDocument,
  toTransition,
} from "./operation_row.ts";
import { OPERATION_STATES, type OperationState, statesBefore } from "./operation_state.ts";
import type { Purpose, Store } from "./store.ts";
import type { Transactions } from "./transactions.ts";

export interface AdvanceOptions {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The task's id, once it is known. */
  readonly upid?: string;
  /** JSON: what an operator should see of it. */
  readonly detail?: unknown;
  /** @default "new" for `started`, "finish" for everything after; a compensation finishes */
  readonly purpose?: Purpose;
}

export interface ListOptions {
  /** Only this guest's. */
  readonly vmid?: number;
  /** Only those before this `seq`. */
  readonly before?: number;
  /** @default 50 */
  readonly limit?: number;
}

/** UTF-16 units of a transition's detail; a longer one is kept as the text of its beginning. */
const DETAIL_LIMIT = 16_384;

const LOST_FOR_GOOD: ReadonlySet<Loss> = new Set(["restore_point", "data", "trust"]);
const seqRow = z.object({ seq: z.int() });
const upidRow = z.object({ upid: z.string() });
const restoreRow = z.object({
  id: z.string(),
  transaction_id: z.string().nullable(),
  ended: z.int(),
});
const countRow = z.object({ count: z.int() });
const timeRow = z.object({ vmid: z.int().nullable(), at: z.int() });
/** What of JSON is no text is as good as nothing. */
const textOrNull = z.string().nullable().catch(null);
const doneRow = z.object({
  kind: z.string(),
  vmid: z.int().nullable(),
  at: z.int(),
  origin: z.string(),
  interrupts: z.int().transform((flag) => flag === 1),
  storage: textOrNull,
  source: textOrNull,
});
const signedRow = z.object({ at: z.int().nullable(), open: z.int() });
const volidRow = z.object({ volid: textOrNull });

/** Of a backup its mode decides; the row of another kind need not be readable. */
const INTERRUPTS = `CASE WHEN kind <> 'guest.backup' THEN 1 WHEN json_valid(action)
  THEN coalesce(json_extract(action, '$.params.mode') = 'stop', 0) ELSE 0 END`;
const WRITES_TO = `CASE WHEN json_valid(action) THEN
  coalesce(json_extract(action, '$.params.storage'), json_extract(action, '$.params.rootfs.storage')) END`;
/** The VMID that a restore makes beside the operation's own guest. */
const RESTORES_TO =
  "CASE WHEN json_valid(action) THEN json_extract(action, '$.params.new_vmid') END";
/** What is not pruned by its number, of `operation AS it`. */
const LASTS = `(kind IN (${
  ACTION_KINDS.filter((kind) => LOST_FOR_GOOD.has(entryOf(kind).loses))
    .map((kind) => `'${kind}'`).join(", ")
}) OR EXISTS (SELECT 1 FROM signed_document AS d WHERE d.operation = it.seq))`;
/** Written as the partial index has it, or the index is not used. */
const OPEN = "state IN ('authorised', 'started', 'task_running')";
/** One statement a target state: it changes a row only if the step is legal. */
const ADVANCE = new Map(OPERATION_STATES.map((to) => [
  to,
  `UPDATE operation
   SET state = '${to}', changed_at = ?, upid = coalesce(?, upid), transitions = transitions + 1
   WHERE id = ? AND state IN (${statesBefore(to).map((from) => `'${from}'`).join(", ")})
   RETURNING seq, transitions`,
]));
const NOTE_PRUNED = `INSERT OR IGNORE INTO noted_task (upid, why, noted_at)
  SELECT upid, 'pruned', ? FROM
    (SELECT upid FROM operation WHERE seq = ? UNION SELECT upid FROM transition WHERE operation = ?)
  WHERE upid IS NOT NULL`;
const ADD_TRANSITION =
  "INSERT INTO transition (operation, number, state, at, upid, detail) VALUES (?, ?, ?, ?, ?, ?)";

/** The journal: what was let through, and how it went. */
export class Operations {
  readonly #store: Store;
  readonly #nonces: Nonces;
  readonly #transactions: Transactions;

  constructor(
    store: Store,
    { nonces, transactions }: { nonces: Nonces; transactions: Transactions },
  ) {
    this.#store = store;
    this.#nonces = nonces;
    this.#transactions = transactions;
  }

  /**
   * Writes an operation as authorised and, when it was signed, what was signed; its nonce is used up
   * by the same transaction or not at all. What recovery compensates with is no new work: it is
   * written on a full disk, too.
   *
   * @throws {FelhomError} `state.nonce_used`, and nothing is written; `state.closed` when the
   * transaction has ended; those of {@linkcode Store.transaction}
   */
  authorise(operation: NewOperation): void {
    const { id, at, signed } = operation;
    this.#store.transaction(() => {
      if (signed !== undefined) {
        this.#nonces.use(signed.nonce, { operation: id, at, expiresAt: signed.expiresAt });
      }
      if (operation.transaction !== null) {
        this.#transactions.join(operation.transaction, { vmid: operation.vmid, at });
      }
      const { lastInsertRowid: seq } = this.#store.prepare(
        `INSERT INTO operation (id, transaction_id, step, compensates, vmid, kind, action, origin,
          evidence, created_at, state, changed_at, transitions)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'authorised', ?, 1)`,
      ).run(
        id,
        operation.transaction,
        operation.step ?? 0,
        operation.compensates ?? null,
        operation.vmid,
        operation.action.kind,
        canonicalJson(operation.action),
        operation.origin,
        canonicalJson(operation.evidence),
        at,
        at,
      );
      this.#store.prepare(ADD_TRANSITION).run(seq, 1, "authorised", at, null, null);
      if (signed === undefined) return;
      this.#store.prepare(
        "INSERT INTO signed_document (operation, bytes, signatures, nonce, expires_at) VALUES (?, ?, ?, ?, ?)",
      ).run(seq, signed.bytes, JSON.stringify(signed.signatures), signed.nonce, signed.expiresAt);
    }, {
      purpose: operation.origin === "recovery" ? "finish" : signed === undefined ? "new" : "signed",
    });
  }

  /** Whether an operator signed it. */
  isSigned(id: string): boolean {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT 1 FROM signed_document WHERE operation = (SELECT seq FROM operation WHERE id = ?)`,
      ).get(id) !== undefined
    );
  }

  /**
   * What of a guest an operator signed: whether any of it has not ended, and when one last changed,
   * epoch milliseconds; null when there is none.
   */
  signedOf(vmid: number): { readonly open: boolean; readonly lastAt: number | null } {
    return this.#store.read(() => {
      const found = signedRow.parse(
        this.#store.prepare(
          `SELECT max(changed_at) AS at, coalesce(max(${OPEN}), 0) AS open
           FROM signed_document AS d JOIN operation ON operation.seq = d.operation WHERE vmid = ?`,
        ).get(vmid),
      );
      return { open: found.open === 1, lastAt: found.at };
    });
  }

  /**
   * Moves an operation on. Beginning it needs the room that new work needs; everything after that
   * takes from the reserve.
   *
   * @throws {FelhomError} `state.illegal_transition`, `state.missing`; those of
   * {@linkcode Store.transaction}
   */
  advance(id: string, to: OperationState, options: AdvanceOptions): void {
    const { at, upid, detail, purpose = to === "started" ? "new" : "finish" } = options;
    const text = detail === undefined ? null : detailText(detail);
    this.#store.transaction(() => {
      // A target without a way to it (authorised) matches no row.
      const row = this.#store.prepare(ADVANCE.get(to) ?? "").get(at, upid ?? null, id);
      if (row === undefined) throw this.#cannot(id, to);
      const { seq, transitions } = row;
      if (typeof seq !== "number" || typeof transitions !== "number") throw this.#cannot(id, to);
      this.#store.prepare(ADD_TRANSITION).run(seq, transitions, to, at, upid ?? null, text);
    }, { purpose });
  }

  #cannot(id: string, to: OperationState): FelhomError {
    const operation = this.get(id);
    if (operation === undefined) return missing(id);
    return new FelhomError(
      "state.illegal_transition",
      `Cannot record operation "${id}" as ${to}: it is ${operation.state}`,
    );
  }

  /** @throws {FelhomError} `state.damaged`, `state.unusable` */
  get(id: string): Operation | undefined {
    return this.#store.read(() => {
      const row = this.#store.prepare(`SELECT ${COLUMNS} FROM operation WHERE id = ?`).get(id);
      return row === undefined ? undefined : toOperation(row);
    });
  }

  /** The way of an operation so far, oldest first. */
  transitions(id: string): Transition[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT state, at, upid, detail FROM transition
         WHERE operation = (SELECT seq FROM operation WHERE id = ?) ORDER BY number`,
      ).all(id).map(toTransition)
    );
  }

  /** What was signed for an operation; `undefined` when nothing was. */
  document(id: string): SignedDocument | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(
        `SELECT bytes, signatures, nonce, expires_at FROM signed_document
         WHERE operation = (SELECT seq FROM operation WHERE id = ?)`,
      ).get(id);
      return found === undefined ? undefined : toSignedDocument(found);
    });
  }

  /** Those of a guest, or of the host (`null`), that have not ended, oldest first. */
  unfinishedOf(vmid: number | null): Operation[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM operation WHERE vmid IS ? AND ${OPEN} ORDER BY seq`,
      ).all(vmid).map(toOperationOrNot).filter(isReadable)
    );
  }

  /**
   * The operation of another guest that is restoring its backup to this VMID, or whose transaction is
   * open still: what it made may have to go again.
   */
  restoringTo(
    vmid: number,
  ):
    | { readonly id: string; readonly transaction: string | null; readonly ended: boolean }
    | undefined {
    return this.#store.read(() => {
      const row = this.#store.prepare(
        `SELECT id, transaction_id, NOT (${OPEN}) AS ended FROM operation WHERE kind = 'guest.restore_over' AND ${RESTORES_TO} = ?
           AND state <> 'authorised' AND (${OPEN} OR transaction_id IN
             (SELECT id FROM agent_transaction WHERE outcome = 'open'))
         ORDER BY ended LIMIT 1`,
      ).get(vmid);
      if (row === undefined) return undefined;
      const { id, transaction_id: transaction, ended } = restoreRow.parse(row);
      return { id, transaction, ended: ended === 1 };
    });
  }

  /**
   * Whether a rollback of a guest was begun after another operation, and is not known to have ended
   * well: it failed, runs, or nobody knows. Once it was begun, nothing it is called later makes it good.
   */
  rolledBackUncleanly(vmid: number, after: string): boolean {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT 1 FROM operation AS it WHERE vmid = ? AND kind = 'guest.rollback'
           AND state <> 'succeeded' AND seq > coalesce((SELECT seq FROM operation WHERE id = ?), 0)
           AND EXISTS (SELECT 1 FROM transition
             WHERE operation = it.seq AND state NOT IN ('authorised', 'abandoned')) LIMIT 1`,
      ).get(vmid, after) !== undefined
    );
  }

  /** Ids of the tasks that the journal has of a guest. */
  tasksOf(vmid: number): readonly string[] {
    return this.#store.read(() =>
      this.#store.prepare("SELECT upid FROM operation WHERE vmid = ? AND upid IS NOT NULL").all(
        vmid,
      )
        .map((row) => upidRow.parse(row).upid)
    );
  }

  /** All that have not ended, oldest first, for recovery: a row that cannot be read hides no other. */
  unfinished(): (Operation | UnreadableOperation)[] {
    return this.#store.read(() =>
      this.#store.prepare(`SELECT ${COLUMNS} FROM operation WHERE ${OPEN} ORDER BY seq`).all()
        .map(toOperationOrNot)
    );
  }

  /**
   * When operations of these kinds were authorised since a time (epoch milliseconds), and on which
   * guest: what budgets count. Abandoned ones were never sent and do not count; nor do backups that
   * leave the guest running.
   */
  times(kinds: readonly string[], since: number): { vmid: number | null; at: number }[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT vmid, created_at AS at FROM operation
         WHERE kind IN (SELECT value FROM json_each(?)) AND created_at >= ?
           AND state <> 'abandoned' AND ${INTERRUPTS} ORDER BY created_at`,
      ).all(JSON.stringify(kinds), since).map((row) => timeRow.parse(row))
    );
  }

  /**
   * What was authorised of these kinds since a time, and of one guest since another (epoch
   * milliseconds): what quotas count. Abandoned ones were never sent and do not count.
   */
  done(kinds: readonly string[], { since, vmid, sinceOf }: {
    readonly since: number;
    readonly vmid: number | null;
    readonly sinceOf: number;
  }): z.infer<typeof doneRow>[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT kind, vmid, created_at AS at, origin,
           kind IN ('guest.stop', 'guest.shutdown', 'guest.restart', 'guest.backup')
             AND ${INTERRUPTS} AS interrupts,
           ${WRITES_TO} AS storage,
           CASE WHEN json_valid(evidence) THEN json_extract(evidence, '$.source') END AS source
         FROM operation
         WHERE kind IN (SELECT value FROM json_each(?)) AND created_at >= ?
           AND (created_at >= ? OR vmid IS ?) AND state <> 'abandoned' ORDER BY created_at`,
      ).all(JSON.stringify(kinds), Math.min(since, sinceOf), since, vmid)
        .map((row) => doneRow.parse(row))
    );
  }

  /** Volume ids of the backups of a guest that were made, as far back as the journal reaches. */
  backupsOf(vmid: number): ReadonlySet<string> {
    return this.#store.read(() =>
      new Set(
        this.#store.prepare(
          `SELECT CASE WHEN json_valid(detail) THEN json_extract(detail, '$.seen.volid') END AS volid
           FROM operation JOIN transition ON transition.operation = operation.seq
           WHERE kind = 'guest.backup' AND vmid = ? AND operation.state = 'succeeded'
             AND transition.state = 'succeeded'`,
        ).all(vmid).flatMap((row) => volidRow.parse(row).volid ?? []),
      )
    );
  }

  /**
   * Those of these kinds that were begun and whose task is not known by its id, newest first: the
   * answer was lost, and the task was not found or not told from others.
   */
  withoutTask(kinds: readonly string[], limit: number): Operation[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM operation
         WHERE upid IS NULL AND state NOT IN ('authorised', 'abandoned')
           AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?`,
      ).all(JSON.stringify(kinds), limit).map(toOperationOrNot).filter(isReadable)
    );
  }

  /** How many came to a state and are in it still, since a time (epoch milliseconds). */
  count(state: OperationState, since: number): number {
    return this.#store.read(() =>
      countRow.parse(
        this.#store.prepare(
          "SELECT count(*) AS count FROM operation WHERE state = ? AND changed_at >= ?",
        ).get(state, since),
      ).count
    );
  }

  /** The steps of a transaction, in their order. */
  ofTransaction(transaction: string): Operation[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM operation WHERE transaction_id = ? ORDER BY step, seq`,
      ).all(transaction).map(toOperation)
    );
  }

  /** The journal, newest first. */
  list({ vmid, before, limit = 50 }: ListOptions = {}): (Operation | UnreadableOperation)[] {
    const from = before ?? Number.MAX_SAFE_INTEGER;
    return this.#store.read(() => {
      const rows = vmid === undefined
        ? this.#store.prepare(
          `SELECT ${COLUMNS} FROM operation WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
        ).all(from, limit)
        : this.#store.prepare(
          `SELECT ${COLUMNS} FROM operation WHERE vmid = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
        ).all(vmid, from, limit);
      return rows.map(toOperationOrNot);
    });
  }

  /**
   * Removes of those that ended the oldest, with their rows: what ended before a time, and what is
   * not among the newest. What was signed, or lost something for good, goes by its age alone. Their
   * tasks stay noted, for as long as the node may list them.
   *
   * @param options.until up to when a time is believed; a later one is of a clock that was ahead
   * @param options.lastingBefore for what was signed or lost something for good
   * @param options.limit how many at most
   * @returns how many
   */
  prune({ before, until, keep, lastingBefore, limit }: {
    readonly before: number;
    readonly until: number;
    readonly keep: number;
    readonly lastingBefore: number;
    readonly limit: number;
  }): number {
    return this.#store.transaction(() => {
      const old = this.#store.prepare(
        `SELECT seq FROM operation AS it WHERE NOT (${OPEN})
           AND CASE WHEN ${LASTS} THEN changed_at < ? AND seq < ?
             ELSE changed_at < ? AND seq < ? OR seq <= ? END
           AND NOT EXISTS (SELECT 1 FROM operation AS other WHERE other.compensates = it.id)
           AND NOT EXISTS (SELECT 1 FROM agent_transaction AS t
                           WHERE t.id = it.transaction_id AND t.outcome = 'open')
         ORDER BY seq LIMIT ?`,
      ).all(
        lastingBefore,
        this.#youngest(lastingBefore, until),
        before,
        this.#youngest(before, until),
        this.#beyond(keep),
        limit,
      ).map((row) => seqRow.parse(row).seq);
      const remove = this.#store.prepare("DELETE FROM operation WHERE seq = ?");
      const note = this.#store.prepare(NOTE_PRUNED);
      for (const seq of old) {
        note.run(until, seq, seq);
        remove.run(seq);
      }
      return old.length;
    }, { purpose: "finish" });
  }

  /** Place of the newest that is one too many of those that do not last; 0 when none is. */
  #beyond(keep: number): number {
    const found = this.#store.prepare(
      `SELECT seq FROM operation AS it WHERE NOT (${LASTS}) ORDER BY seq DESC LIMIT 1 OFFSET ?`,
    ).get(keep);
    return found === undefined ? 0 : seqRow.parse(found).seq;
  }

  /**
   * Place of the first that was authorised from a time to another: times jump, so what is old is told by
   * its place as well. What was done while the clock was years behind stays with what came before it.
   */
  #youngest(from: number, until: number): number {
    const found = this.#store.prepare(
      "SELECT seq FROM operation WHERE created_at BETWEEN ? AND ? ORDER BY seq LIMIT 1",
    ).get(from, until);
    return found === undefined ? Number.MAX_SAFE_INTEGER : seqRow.parse(found).seq;
  }
}

/** Much of it comes from outside; a finished operation must not fail for it, nor eat the reserve. */
function detailText(detail: unknown): string {
  const text = canonicalJson(detail);
  return text.length <= DETAIL_LIMIT ? text : canonicalJson({ cut: text.slice(0, DETAIL_LIMIT) });
}

function missing(id: string): FelhomError {
  return new FelhomError("state.missing", `Cannot find operation "${id}" in the state`);
}
