import { FelhomError } from "../errors.ts";
import { isPassing } from "./back_off.ts";
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

/** Somebody who wants a guest's row. */
interface Asker {
  readonly vmid: Vmid;
  readonly signal: AbortSignal | undefined;
  readonly answer: PromiseWithResolvers<Guest>;
}

/**
 * Reads the rows of guests for many who ask at the same time. Two calls at most are under way; who
 * asks meanwhile waits for the next. When more wait than could be asked for singly, one list is read
 * for all of them: it says the same of each (FACTS §3.2), and costs pvedaemon one call instead of many.
 *
 * INVARIANT: what is answered was asked of Proxmox after it was asked for here, so it is no older than
 * the answer to a call of one's own.
 */
export class GuestRows {
  readonly #calls: RowCalls;
  readonly #waiting = new Set<Asker>();
  #underWay = 0;

  constructor(calls: RowCalls) {
    this.#calls = calls;
  }

  /** @throws what the call for this guest throws, or the one for all of them */
  async read(vmid: Vmid, { signal }: Pick<CallOptions, "signal"> = {}): Promise<Guest> {
    const asker: Asker = { vmid, signal, answer: Promise.withResolvers() };
    const giveUp = () => {
      this.#waiting.delete(asker);
      asker.answer.reject(gaveUp(vmid, signal?.reason));
    };
    if (signal?.aborted === true) throw gaveUp(vmid, signal.reason);
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
    while (this.#underWay < AT_ONCE && this.#waiting.size > 0) {
      const askers = this.#waiting.size > AT_ONCE
        ? [...this.#waiting]
        : this.#waiting.values().take(1).toArray();
      for (const asker of askers) this.#waiting.delete(asker);
      this.#underWay++;
      void this.#answer(askers).finally(() => {
        this.#underWay--;
        this.#goOn();
      });
    }
  }

  /** Never fails: who asked is told. */
  async #answer(askers: readonly Asker[]): Promise<void> {
    const [only, ...others] = askers;
    if (only === undefined) return;
    if (others.length === 0) return await this.#answerSingly(only);
    let rows: ReadonlyMap<number, Guest>;
    try {
      rows = new Map((await this.#calls.all()).map((row) => [row.vmid, row]));
    } catch (error) {
      if (isEverybodys(error)) return askers.forEach(({ answer }) => answer.reject(error));
      // What is wrong with the list need not be wrong with each of its rows.
      rows = new Map();
    }
    await Promise.all(askers.map(async (asker) => {
      const row = rows.get(asker.vmid);
      if (row !== undefined) asker.answer.resolve(row);
      // Gone, or not to be seen: the call for it alone says which.
      else await this.#answerSingly(asker);
    }));
  }

  async #answerSingly({ vmid, signal, answer }: Asker): Promise<void> {
    try {
      answer.resolve(await this.#calls.one(vmid, signal === undefined ? {} : { signal }));
    } catch (error) {
      answer.reject(error);
    }
  }
}

/** Whether a call for one guest would not fare better than the one for all of them. */
function isEverybodys(error: unknown): boolean {
  return !(error instanceof FelhomError) || error instanceof TransportError || isPassing(error);
}

function gaveUp(vmid: Vmid, cause: unknown): TransportError {
  return new TransportError(
    "proxmox.aborted",
    `Cannot read the row of guest ${vmid}: the caller gave up`,
    { sent: "maybe", cause },
  );
}
