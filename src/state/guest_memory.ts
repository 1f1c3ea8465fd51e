import * as z from "zod";
import type { Store } from "./store.ts";

const row = z.object({ mib: z.int() });

/** The most memory that guests were configured with, one row for each VMID that was looked at. */
export class GuestMemory {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** MiB; null when the guest was never looked at. */
  most(vmid: number): number | null {
    return this.#store.read(() => {
      const found = this.#store.prepare("SELECT mib FROM guest_memory WHERE vmid = ?").get(vmid);
      return found === undefined ? null : row.parse(found).mib;
    });
  }

  /**
   * Notes what a guest is configured with. Mostly it is known; what is new is written on a full disk,
   * too.
   *
   * @param at epoch milliseconds
   * @returns MiB: the most that it was ever configured with
   */
  saw(vmid: number, mib: number, at: number): number {
    const known = this.most(vmid);
    if (known !== null && known >= mib) return known;
    this.#store.transaction(
      () =>
        void this.#store.prepare(
          `INSERT INTO guest_memory (vmid, mib, noted_at) VALUES (?, ?, ?)
           ON CONFLICT (vmid) DO UPDATE SET mib = excluded.mib, noted_at = excluded.noted_at
           WHERE excluded.mib > guest_memory.mib`,
        ).run(vmid, mib, at),
      { purpose: "finish" },
    );
    return mib;
  }

  /** Forgets a guest that is there no longer: the next one under its VMID is another. */
  forget(vmid: number): void {
    if (this.most(vmid) === null) return;
    this.#store.transaction(
      () => void this.#store.prepare("DELETE FROM guest_memory WHERE vmid = ?").run(vmid),
      { purpose: "finish" },
    );
  }
}
