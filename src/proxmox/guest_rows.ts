import { FelhomError } from "../errors.ts";
import type { Guest } from "./schema/guest.ts";
import type { CallOptions } from "./transport.ts";
import { TransportError } from "./transport_error.ts";
import type { Vmid } from "./vmid.ts";

/** The two ways to a guest's row. Both pvedaemon has to answer (OBSERVED 4). */
export interface RowCalls {
  one(vmid: Vmid, options?: CallOptions): Promise<Guest>;
  /** Containers that the token may see. */
  all(): Promise<readonly Guest[]>;
}

/** As many as may be on their way to pvedaemon at once (FACTS §7.4). */
const AT_ONCE = 2;
/**
 * A list looks at each running guest of the node, one after the other (FACTS §3.2): so many rows of it
 * are taken to cost what it costs to ask for one of them singly.
 */
const ROWS_A_CALL = 100;
/** What no call for one guest would fare better with: nobody is there, or nobody lets us in. */
const EVERYBODYS: ReadonlySet<string> = new Set([
  "proxmox.refused",
  "proxmox.daemon_down",
  "proxmox.unauthorized",
  "proxmox.untrusted",
  "proxmox.pin_mismatch",
  "proxmox.not_tls",
]);

/** Somebody who wants a guest's row. */
interface Asker {
  readonly vmid: Vmid;
  readonly signal: AbortSignal | undefined;
  readonly answer: PromiseWithResolvers<Guest>;
}

/**
 * Reads the rows of guests for many who ask at the same time. Two calls at most are under way; who
 * asks meanwhile waits for the next. When so many wait that one list costs pvedaemon less, it is read
 * for all of them.
 *
 * INVARIANT: what is answered was asked of Proxmox after it was asked for here, so it is no older than
 * the answer to a call of one's own.
 */
export class GuestRows {
  readonly #calls: RowCalls;
  /** Those whom a list may tell, and those whom the last one did not. */
  readonly #waiting = new Set<Asker>();
  readonly #alone = new Set<Asker>();
  #underWay = 0;
  /** Rows of the last list. */
  #rows = 0;

  constructor(calls: RowCalls) {
    this.#calls = calls;
  }

  /** @throws what the call for this guest throws, or the one for all of them */
  async read(vmid: Vmid, { signal }: Pick<CallOptions, "signal"> = {}): Promise<Guest> {
    if (signal?.aborted === true) throw gaveUp(vmid, signal.reason);
    const asker: Asker = { vmid, signal, answer: Promise.withResolvers() };
    const giveUp = () => {
      this.#waiting.delete(asker);
      this.#alone.delete(asker);
      asker.answer.reject(gaveUp(vmid, signal?.reason));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      this.#waiting.add(asker);
      this.#goOn();
      return await asker.answer.promise;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #goOn(): void {
    while (this.#underWay < AT_ONCE && this.#alone.size + this.#waiting.size > 0) {
      this.#underWay++;
      void this.#next().finally(() => {
        this.#underWay--;
        this.#goOn();
      });
    }
  }

  /** The next call, begun at once. Never fails: who asked is told. */
  async #next(): Promise<void> {
    const { size } = this.#waiting;
    if (this.#alone.size === 0 && size > AT_ONCE && this.#rows <= size * ROWS_A_CALL) {
      const askers = [...this.#waiting];
      this.#waiting.clear();
      return await this.#answerTogether(askers);
    }
    for (const queue of [this.#alone, this.#waiting]) {
      for (const asker of queue) {
        queue.delete(asker);
        return await this.#answerSingly(asker);
      }
    }
  }

  async #answerTogether(askers: readonly Asker[]): Promise<void> {
    let rows: ReadonlyMap<number, Guest>;
    try {
      rows = new Map((await this.#calls.all()).map((row) => [row.vmid, row]));
      this.#rows = rows.size;
    } catch (error) {
      if (isEverybodys(error)) return askers.forEach(({ answer }) => answer.reject(error));
      // What is wrong with the list, or with one guest in it, need not be wrong with the others.
      rows = new Map();
    }
    for (const asker of askers) {
      const row = rows.get(asker.vmid);
      if (row !== undefined) asker.answer.resolve(row);
      // Gone, or not to be seen: the call for it alone says which.
      else if (asker.signal?.aborted !== true) this.#alone.add(asker);
    }
  }

  async #answerSingly({ vmid, signal, answer }: Asker): Promise<void> {
    try {
      answer.resolve(await this.#calls.one(vmid, signal === undefined ? {} : { signal }));
    } catch (error) {
      answer.reject(error);
    }
  }
}

function isEverybodys(error: unknown): boolean {
  return !(error instanceof FelhomError) || EVERYBODYS.has(error.code);
}

function gaveUp(vmid: Vmid, cause: unknown): TransportError {
  return new TransportError(
    "proxmox.aborted",
    `Cannot read the row of guest ${vmid}: the caller gave up`,
    { sent: "maybe", cause },
  );
}
