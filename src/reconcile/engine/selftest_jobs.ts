import type { ScratchPlace } from "../transactions/place_scratch.ts";
import type { SelftestReport, SelftestWish } from "../transactions/selftest_report.ts";

interface Entry {
  readonly job: SelftestWish;
  readonly off: AbortController;
  /** Operations that it has ended. */
  readonly operations: string[];
  /** How often it was to begin under a VMID that was taken by then. */
  readonly moved: number;
}

interface Kept {
  readonly report: SelftestReport;
  readonly operations: readonly string[];
}

/** How many reports are kept for who asks later. */
const REPORTS = 64;
/** How often a self-test looks for another VMID. */
const MOVES = 3;

/**
 * Self-tests that wait or run, one a guest at most, and how the last ones went. They live as long as
 * the process: what one made is in the journal, and cleaned up from there.
 */
export class SelftestJobs {
  readonly #byVmid = new Map<number, Entry>();
  readonly #reports = new Map<string, Kept>();

  /**
   * @param scratch what a guest is made from for it; null for the guest that was named
   * @returns the job; the one that is there already, when there is one
   */
  add(vmid: number, transaction: string, scratch: ScratchPlace | null): SelftestWish {
    const known = this.#byVmid.get(vmid);
    if (known !== undefined) return known.job;
    return this.#put(vmid, {
      ...{ transaction, scratch, off: new AbortController(), operations: [], moved: 0 },
    });
  }

  /** The one for which a guest is made, when there is one: one at a time is enough. */
  scratch(): SelftestWish | undefined {
    return [...this.#byVmid.values()].find(({ job }) => job.scratch !== null)?.job;
  }

  /** Whether one may look for another VMID, because its own was taken. */
  mayMove({ vmid }: SelftestWish): boolean {
    return (this.#byVmid.get(vmid)?.moved ?? MOVES) < MOVES;
  }

  /** Has one begin elsewhere. @returns where it is now */
  move(job: SelftestWish, scratch: ScratchPlace): SelftestWish {
    const { off, moved, operations } = this.#byVmid.get(job.vmid) ??
      { off: new AbortController(), moved: MOVES, operations: [] };
    this.remove(job);
    const { transaction } = job;
    const next = { transaction, scratch, off, operations, moved: moved + 1 };
    return this.#put(scratch.vmid, next);
  }

  /** Operations that one has ended, oldest first. */
  operationsOf(transaction: string): readonly string[] {
    return this.#find(transaction)?.operations ??
      this.#reports.get(transaction)?.operations ?? [];
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
    const operations = this.operationsOf(report.transaction);
    this.#reports.set(report.transaction, { report, operations });
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= REPORTS) break;
      this.#reports.delete(oldest);
    }
  }

  reportOf(transaction: string): SelftestReport | undefined {
    return this.#reports.get(transaction)?.report;
  }

  remove({ vmid }: SelftestWish): void {
    this.#byVmid.delete(vmid);
  }

  #put(
    vmid: number,
    { transaction, scratch, off, operations, moved }: Omit<Entry, "job"> & {
      readonly transaction: string;
      readonly scratch: ScratchPlace | null;
    },
  ): SelftestWish {
    const onOperation = (id: string) => void operations.push(id);
    const job = { transaction, vmid, scratch, stop: off.signal, onOperation };
    this.#byVmid.set(vmid, { job, off, operations, moved });
    return job;
  }

  #find(transaction: string): Entry | undefined {
    return [...this.#byVmid.values()].find(({ job }) => job.transaction === transaction);
  }
}
