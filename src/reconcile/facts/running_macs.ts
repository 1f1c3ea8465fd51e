import type { Clock } from "../../clock.ts";
import type { FelhomError } from "../../errors.ts";
import { type MacFacts, type MacHolder, readIdentity } from "../../gate/mod.ts";
import type { Logger } from "../../log/logger.ts";
import { type Guest, parseVmid, type Reads } from "../../proxmox/mod.ts";
import { eachAtOnce } from "../at_once.ts";
import { attempt } from "./attempt.ts";

/** Configurations that are asked for at once. */
const AT_ONCE = 2;
/** How long the MACs of a guest that runs on are taken for what they were, milliseconds. */
const KEPT_MS = 5 * 60_000;
/** How long a guest that could not be read is not asked for again, milliseconds. */
const UNREAD_MS = 30_000;
const UNLISTED = "The guests cannot be listed: some are started without a look at others' MACs";

/** What was read of a guest that runs. */
interface Known {
  /** Of its init: another one after a start. */
  readonly pid: number | null;
  /** By the monotonic clock, milliseconds. */
  readonly at: number;
  /** Null when its configuration could not be read. */
  readonly macs: readonly string[] | null;
}

/** The guests that run, as they are looked at for all who ask at the same time. */
interface Look {
  readonly asOf: number;
  /** Null when they cannot be listed. */
  readonly found: Promise<ReadonlyMap<number, readonly string[]> | null>;
}

export interface RunningMacsOptions {
  readonly reads: Pick<Reads, "guests" | "guestPending">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Pick<Logger, "warn">;
  /** See `Promises.asOf`. */
  readonly asOf: () => number;
}

/**
 * Which guests of the node run with which MAC, those included that are to come with their next start.
 * Virtual machines and guests that the token cannot see are none of them.
 *
 * One list is read for all who ask while the one before is under way, and each guest's configuration
 * once for as long as it runs, or five minutes: when hundreds of guests start after a power cut, that
 * costs a call for each and not for each pair. Needs VM.Audit.
 *
 * INVARIANT: the list was asked of Proxmox after it was asked for here.
 */
export class RunningMacs {
  readonly #options: RunningMacsOptions;
  readonly #known = new Map<number, Known>();
  readonly #told = new Set<number>();
  /** Whether the last look could list the guests. */
  #lists = true;
  /** The look under way, and the one that begins when it has ended. */
  #now: Look["found"] | null = null;
  #next: Promise<Look> | null = null;
  /** Those who wait; when the last of them has given up, what is under way is given up too. */
  #askers = 0;
  #ending = new AbortController();

  constructor(options: RunningMacsOptions) {
    this.#options = options;
  }

  /**
   * Who runs with one of these MACs. A guest that cannot be read is not compared, which is told in the
   * log once; whoever cannot list the guests says null. A look that fails is everybody's who waits:
   * nobody waits for a second one.
   *
   * @param options.besides the guest whose MACs they are
   * @throws the signal's reason when it is aborted
   */
  async holders(
    macs: readonly string[],
    { besides, signal }: { readonly besides: number | null; readonly signal: AbortSignal },
  ): Promise<MacFacts | null> {
    signal.throwIfAborted();
    this.#askers++;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const { asOf, found } = await Promise.race([this.#look(), aborted.promise]);
      const running = await Promise.race([found, aborted.promise]);
      if (running === null) return null;
      const holders: MacHolder[] = [];
      for (const [guest, its] of running) {
        if (guest === besides) continue;
        for (const mac of macs) if (its.includes(mac)) holders.push({ guest, mac });
      }
      return { holders, asOf };
    } finally {
      signal.removeEventListener("abort", abort);
      this.#askers--;
      if (this.#askers === 0) this.#ending.abort();
    }
  }

  /** A look that begins now, or when the one under way has ended. */
  #look(): Promise<Look> {
    if (this.#next !== null) return this.#next;
    if (this.#now === null) return Promise.resolve(this.#begin());
    const { signal } = this.#ending;
    const next = this.#now.then((before) => {
      this.#next = null;
      const failed = { asOf: this.#options.asOf(), found: Promise.resolve(null) };
      return before === null || this.#askers === 0 ? failed : this.#begin();
    }, (error) => {
      this.#next = null;
      if (signal.aborted && this.#askers > 0) return this.#begin();
      throw error;
    });
    // As below.
    next.catch(() => {});
    this.#next = next;
    return next;
  }

  #begin(): Look {
    const asOf = this.#options.asOf();
    this.#ending = new AbortController();
    const found = this.#read(this.#ending.signal).finally(() => {
      if (this.#now === found) this.#now = null;
    });
    // Whoever asked is told; by then they may have given up.
    found.catch(() => {});
    this.#now = found;
    return { asOf, found };
  }

  /** Read for several: the signal is that of all of them. */
  async #read(signal: AbortSignal): Promise<ReadonlyMap<number, readonly string[]> | null> {
    const rows = await attempt(this.#options.reads.guests({ signal }), { signal });
    if (!rows.ok) {
      const { code, message: why } = rows.error;
      if (this.#lists) this.#options.log.warn(UNLISTED, { code, why });
      this.#lists = false;
      return null;
    }
    this.#lists = true;
    const running = rows.value.filter(({ status }) => status === "running");
    const vmids = new Set<number>(running.map(({ vmid }) => vmid));
    for (const vmid of this.#known.keys()) if (!vmids.has(vmid)) this.#known.delete(vmid);
    await eachAtOnce(running, AT_ONCE, (row) => this.#learn(row, signal));
    return new Map([...this.#known].map(([vmid, { macs }]) => [vmid, macs ?? []]));
  }

  async #learn({ vmid, pid: seen }: Guest, signal: AbortSignal): Promise<void> {
    const pid = seen ?? null;
    const at = this.#options.clock.monotonic();
    const known = this.#known.get(vmid);
    if (known !== undefined && known.pid === pid) {
      if (at - known.at < (known.macs === null ? UNREAD_MS : KEPT_MS)) return;
    }
    const read = await attempt(
      this.#options.reads.guestPending(parseVmid(vmid), { signal }),
      { signal },
    );
    if (!read.ok) this.#tell(vmid, read.error);
    else this.#told.delete(vmid);
    const configs = read.ok
      ? read.value.flatMap(({ key, value, pending }) => [{ [key]: value }, { [key]: pending }])
      : null;
    const macs = configs === null ? null : readIdentity(configs).macs;
    this.#known.set(vmid, { pid, at, macs });
  }

  #tell(vmid: number, { code, message: why }: FelhomError): void {
    if (this.#told.has(vmid)) return;
    this.#told.add(vmid);
    this.#options.log.warn(
      "A guest that runs cannot be read: others are started without a look at its MACs",
      { vmid, code, why },
    );
  }
}
