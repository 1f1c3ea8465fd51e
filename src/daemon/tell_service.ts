import type { Clock } from "../clock.ts";
import { dueNotes, NOTHING_SAID, type ServiceFacts } from "./watchdog.ts";

export interface TellServiceOptions {
  readonly clock: Clock;
  /** Sends lines to systemd; see `notifyService`. */
  readonly notify: (lines: string) => Promise<void>;
  readonly watchdogMs: number | undefined;
  /** How the daemon is now. */
  readonly look: () => Pick<ServiceFacts, "progress" | "status">;
  /** Called with what could not be looked at or sent for. The daemon goes on. */
  readonly onFailure: (error: unknown) => void;
  /** Ends the telling. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks, when the watchdog does not want them closer. */
const LOOK_MS = 5_000;

/** Tells systemd how the daemon is, for as long as it runs. Never rejects. */
export async function tellService(options: TellServiceOptions): Promise<void> {
  const { clock, notify, watchdogMs, look, onFailure, signal } = options;
  // A quarter: a note that is due just after a look is still sent well before the limit.
  const everyMs = Math.min(LOOK_MS, (watchdogMs ?? Infinity) / 4);
  let said = NOTHING_SAID;
  while (!signal.aborted) {
    try {
      const due = dueNotes(said, { ...look(), now: clock.monotonic(), watchdogMs });
      if (due.lines.length > 0) await notify(due.lines.join("\n"));
      said = due.said;
    } catch (error) {
      onFailure(error);
    }
    try {
      await clock.sleep(everyMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
