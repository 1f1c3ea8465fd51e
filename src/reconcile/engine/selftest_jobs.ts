import type { SelftestReport, SelftestWish } from "../transactions/selftest_task.ts";

interface Entry {
  readonly job: SelftestWish;
  readonly off: AbortController;
}

/** How many reports are kept for who asks later. */
const REPORTS = 64;

/**
 * Self-tests that wait or run, one a guest at most, and how the last ones went. They live as long as
 * the process: what one made is in the journal, and cleaned up from there.
 */
export class SelftestJobs {
  readonly #byVmid = new Map<number, Entry>();
  readonly #reports = new Map<string, SelftestReport>();

  /** @returns the job; the one that is there already, when there is one */
  add(vmid: number, transaction: string): SelftestWish {
    const known = this.#byVmid.get(vmid);
    if (known !== undefined) return known.job;
    const off = new AbortController();
    const job = { transaction, vmid, stop: off.signal };
    this.#byVmid.set(vmid, { job, off });
    return job;
  }

  /** The one that is asked for of a guest. */
  of(vmid: number): SelftestWish | undefined {
    return this.#byVmid.get(vmid)?.job;
  }

  /** Ends one early. @returns whether it waits or runs */
  stop(transaction: string): boolean {
    const entry = this.#find(transaction);
    entry?.off.abort();
    return entry !== undefined;
  }

  /** The guest of one that waits or runs. */
  vmidOf(transaction: string): number | undefined {
    return this.#find(transaction)?.job.vmid;
  }

  /** Keeps how one went. */
  report(report: SelftestReport): void {
    this.#reports.set(report.transaction, report);
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= REPORTS) break;
      this.#reports.delete(oldest);
    }
  }

  reportOf(transaction: string): SelftestReport | undefined {
    return this.#reports.get(transaction);
  }

  remove({ vmid }: SelftestWish): void {
    this.#byVmid.delete(vmid);
  }

  #find(transaction: string): Entry | undefined {
    return [...this.#byVmid.values()].find(({ job }) => job.transaction === transaction);
  }
}
