import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";

export interface PollOptions {
  readonly clock: Clock;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called once each time the daemon falls silent: it may be restarting. */
  readonly onSilence: () => void;
}

/** Milliseconds between two questions. */
const EVERY_MS = 500;
/** Milliseconds a daemon may be away before nobody waits for it any longer. */
const PATIENCE_MS = 60_000;

/**
 * Asks again and again, until the caller has seen enough or the signal is aborted. A daemon that is
 * away for a while is waited for.
 *
 * @throws what `ask` throws; `control.unreachable` only after a minute of it
 */
export async function* poll<T>(ask: () => Promise<T>, options: PollOptions): AsyncGenerator<T> {
  const { clock, signal, onSilence } = options;
  let silentSince: number | undefined;
  while (!signal.aborted) {
    let answer: { readonly value: T } | undefined;
    try {
      answer = { value: await ask() };
      silentSince = undefined;
    } catch (error) {
      if (!(error instanceof FelhomError) || error.code !== "control.unreachable") throw error;
      if (silentSince === undefined) onSilence();
      silentSince ??= clock.monotonic();
      if (clock.monotonic() - silentSince > PATIENCE_MS) throw error;
    }
    if (answer !== undefined) yield answer.value;
    try {
      await clock.sleep(EVERY_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
