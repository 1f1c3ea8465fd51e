import type { Reads } from "../../proxmox/mod.ts";

/** What was seen of a guest that may end what marks on it are good for. */
export interface Sight {
  readonly vmid: number;
  readonly running: boolean;
  /** Its lock; null when it has none. */
  readonly lock: string | null;
}

/** A look at guests. */
export interface Look {
  /** Those that run or are locked. Mostly none. */
  readonly seen: readonly Sight[];
  /** When it was asked for: what ended later than that may be seen in it yet. Epoch milliseconds. */
  readonly since: number;
}

/** A row, or a configuration that was asked for. */
interface Shown {
  readonly vmid: number;
  readonly status?: string | undefined;
  readonly lock?: string | undefined;
}

/**
 * Reads that tell of every guest they see running or locked, whoever looks and whatever for: what the
 * agent made and has seen running, or locked by somebody, is not its own any more.
 *
 * @param now epoch milliseconds
 * @param saw told before the answer is handed on; what it throws, who asked gets in its place
 */
export function watchedReads(
  reads: Reads,
  { now, saw }: { readonly now: () => number; readonly saw: (look: Look) => void },
): Reads {
  const watch = async <T>(ask: Promise<T>, shown: (answer: T) => readonly Shown[]) => {
    const since = now();
    const answer = await ask;
    const seen = shown(answer).map(({ vmid, status, lock }) => ({
      ...{ vmid, running: status === "running", lock: lock ?? null },
    })).filter(({ running, lock }) => running || lock !== null);
    if (seen.length > 0) saw({ seen, since });
    return answer;
  };
  return {
    ...reads,
    guests: (options) => watch(reads.guests(options), (rows) => rows),
    guestRow: (vmid, options) => watch(reads.guestRow(vmid, options), (row) => [row]),
    guestStatus: (vmid, options) => watch(reads.guestStatus(vmid, options), (row) => [row]),
    guestConfig: (vmid, options) =>
      watch(reads.guestConfig(vmid, options), ({ lock }) => [{ vmid, lock }]),
  };
}
