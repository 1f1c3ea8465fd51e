import * as z from "zod";
import { FelhomError } from "../errors.ts";
import type { Store } from "./store.ts";

/** Steps that belong together: all are wanted, or those that were done are made undone. */
export interface AgentTransaction {
  readonly id: string;
  readonly vmid: number | null;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly outcome: "open" | "committed" | "rolled_back";
}

const row = z.object({
  id: z.string(),
  vmid: z.int().nullable(),
  opened_at: z.int(),
  closed_at: z.int().nullable(),
  outcome: z.enum(["open", "committed", "rolled_back"]),
});
const COLUMNS = "id, vmid, opened_at, closed_at, outcome";

/** The transactions of the agent; those of the database are the store's. */
export class Transactions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(id: string): AgentTransaction | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(`SELECT ${COLUMNS} FROM agent_transaction WHERE id = ?`)
        .get(id);
      return found === undefined ? undefined : toTransaction(found);
    });
  }

  /** Those that have not ended, oldest first, for recovery. */
  open(): AgentTransaction[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM agent_transaction WHERE outcome = 'open' ORDER BY opened_at, id`,
      ).all().map(toTransaction)
    );
  }

  /**
   * Opens a transaction, or goes on with it.
   *
   * @throws {FelhomError} `state.closed` when it has ended
   */
  join(id: string, { vmid, at }: { vmid: number | null; at: number }): void {
    this.#store.transaction(() => {
      this.#store.prepare(
        `INSERT INTO agent_transaction (id, vmid, opened_at, outcome) VALUES (?, ?, ?, 'open')
         ON CONFLICT (id) DO NOTHING`,
      ).run(id, vmid, at);
      const known = this.get(id);
      if (known?.outcome !== "open") throw ended(id, known);
    });
  }

  /**
   * Ends a transaction, for good.
   *
   * @param at epoch milliseconds
   * @throws {FelhomError} `state.closed` when it has ended, or never was
   */
  close(id: string, outcome: "committed" | "rolled_back", at: number): void {
    this.#store.transaction(() => {
      const { changes } = this.#store.prepare(
        "UPDATE agent_transaction SET outcome = ?, closed_at = ? WHERE id = ? AND outcome = 'open'",
      ).run(outcome, at, id);
      if (changes !== 1) throw ended(id, this.get(id));
    }, { purpose: "finish" });
  }

  /** Removes those without operations that ended before a time. @returns how many */
  prune(before: number, limit: number): number {
    return this.#store.transaction(() =>
      Number(
        this.#store.prepare(
          `DELETE FROM agent_transaction WHERE id IN (
             SELECT id FROM agent_transaction AS it WHERE closed_at < ?
               AND NOT EXISTS (SELECT 1 FROM operation WHERE transaction_id = it.id)
             ORDER BY closed_at LIMIT ?)`,
        ).run(before, limit).changes,
      ), { purpose: "finish" });
  }
}

function toTransaction(found: unknown): AgentTransaction {
  const { opened_at: openedAt, closed_at: closedAt, ...rest } = row.parse(found);
  return { ...rest, openedAt, closedAt };
}

function ended(id: string, known: AgentTransaction | undefined): FelhomError {
  const why = known === undefined ? "it never began" : `it is ${known.outcome}`;
  return new FelhomError("state.closed", `Cannot go on with transaction "${id}": ${why}`);
}
