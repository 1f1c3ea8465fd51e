import * as z from "zod";
import type { Store } from "./store.ts";

/** A guest for which a desired revision failed too often. */
export interface Quarantine {
  readonly vmid: number;
  readonly provider: string;
  readonly revision: string;
  readonly failures: number;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

const row = z.object({
  vmid: z.int(),
  provider: z.string(),
  revision: z.string(),
  failures: z.int(),
  reason: z.string(),
  since: z.int(),
});
const COLUMNS = "vmid, provider, revision, failures, reason, since";

/** Which desired revision is not tried again, a guest at a time. */
export class Quarantines {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** By VMID. */
  all(): Quarantine[] {
    return this.#store.read(() =>
      this.#store.prepare(`SELECT ${COLUMNS} FROM quarantine ORDER BY vmid`).all()
        .map((found) => row.parse(found))
    );
  }

  /** Puts a guest in quarantine, in place of the one it may be in. */
  set(quarantine: Quarantine): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        `INSERT OR REPLACE INTO quarantine (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
      ).run(
        quarantine.vmid,
        quarantine.provider,
        quarantine.revision,
        quarantine.failures,
        quarantine.reason,
        quarantine.since,
      ), { purpose: "finish" });
  }

  /** Lets a guest out. @returns whether it was in */
  lift(vmid: number): boolean {
    return this.#store.transaction(
      () => this.#store.prepare("DELETE FROM quarantine WHERE vmid = ?").run(vmid).changes === 1,
      {
        purpose: "finish",
      },
    );
  }
}
