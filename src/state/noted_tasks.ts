import * as z from "zod";
import type { Store } from "./store.ts";

/** Why a task that the journal does not have is no surprise, or is one. */
export type NotedWhy = "before" | "explained" | "doubted";

const upidRow = z.object({ upid: z.string() });
const settledRow = z.object({ upid: z.string(), changed_at: z.int() });
const notedRow = z.object({ tasks_noted_at: z.int().nullable() });

/** A task of the agent's whose end the journal knows. */
export interface SettledTask {
  readonly upid: string;
  /** When the end was written down, epoch milliseconds. */
  readonly at: number;
}

/**
 * The agent's own tasks on the node that the journal does not have. With them the state knows every
 * task that the node lists, by its id and by no clock: one that it does not know was started while
 * the host had another state.
 */
export class NotedTasks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether the node's tasks were ever held against this state. */
  begun(): boolean {
    return this.#store.read(() =>
      notedRow.parse(this.#store.prepare("SELECT tasks_noted_at FROM instance").get())
        .tasks_noted_at !== null
    );
  }

  /**
   * Which of these tasks are known: by the journal, or because they were noted and raise no doubt. One
   * walk over the journal: an index would take of the room for finishing work, with each transition.
   */
  known(upids: readonly string[]): ReadonlySet<string> {
    return this.#store.read(() => {
      const rows = this.#store.prepare(
        `WITH listed AS (SELECT value FROM json_each(?))
         SELECT upid FROM noted_task WHERE why <> 'doubted' AND upid IN listed
         UNION SELECT upid FROM operation WHERE upid IN listed
         UNION SELECT upid FROM transition WHERE upid IN listed`,
      ).all(JSON.stringify(upids));
      return new Set(rows.map((row) => upidRow.parse(row).upid));
    });
  }

  /** Tasks of operations that have ended, newest first. */
  settled(limit: number): SettledTask[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT upid, changed_at FROM operation
         WHERE upid IS NOT NULL AND state IN ('succeeded', 'failed', 'unknown')
         ORDER BY seq DESC LIMIT ?`,
      ).all(limit).map((row) => {
        const { upid, changed_at: at } = settledRow.parse(row);
        return { upid, at };
      })
    );
  }

  /**
   * Notes tasks. It is no new work: it is written on a full disk, too.
   *
   * @param at epoch milliseconds
   */
  note(upids: readonly string[], why: NotedWhy, at: number): void {
    this.#store.transaction(() => {
      const insert = this.#store.prepare(
        `INSERT INTO noted_task (upid, why, noted_at) VALUES (?, ?, ?)
         ON CONFLICT (upid) DO UPDATE SET why = excluded.why`,
      );
      for (const upid of upids) insert.run(upid, why, at);
      this.#store.prepare("UPDATE instance SET tasks_noted_at = ?").run(at);
    }, { purpose: "finish" });
  }

  /** Takes the tasks that raised a doubt for known: an operator looked at them. */
  acknowledge(): void {
    this.#store.transaction(
      () =>
        void this.#store.prepare(
          "UPDATE noted_task SET why = 'acknowledged' WHERE why = 'doubted'",
        ).run(),
    );
  }

  /** Forgets what the node does not list any more. @param listed all that it lists */
  keepOnly(listed: readonly string[]): void {
    this.#store.transaction(
      () =>
        void this.#store.prepare(
          "DELETE FROM noted_task WHERE upid NOT IN (SELECT value FROM json_each(?))",
        ).run(JSON.stringify(listed)),
      { purpose: "finish" },
    );
  }
}
