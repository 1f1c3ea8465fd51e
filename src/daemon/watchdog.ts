/** What systemd says of a watchdog in the environment of the process. */
export interface WatchdogVariables {
  /** `WATCHDOG_USEC`: microseconds within which it wants to hear of us. */
  readonly usec: string | undefined;
  /** `WATCHDOG_PID`: the process that it means; every process when it is not set. */
  readonly pid: string | undefined;
}

/**
 * Milliseconds within which systemd wants to hear of this process; undefined when it does not watch
 * it. A process that only inherited the variables must not speak for the one they are meant for.
 *
 * @param own id of this process
 */
export function watchdogMs({ usec, pid }: WatchdogVariables, own: number): number | undefined {
  if (usec === undefined || !/^\d{1,15}$/.test(usec)) return undefined;
  if (pid !== undefined && pid !== String(own)) return undefined;
  const ms = Math.floor(Number(usec) / 1000);
  return ms > 0 ? ms : undefined;
}

/** What was said to systemd so far. */
export interface Said {
  readonly status: string | undefined;
  /** When it was last told that all is well, by the monotonic clock; undefined before. */
  readonly pingedAt: number | undefined;
  /** How far the loop was then. */
  readonly progress: number | undefined;
}

/** Nothing was said yet. */
export const NOTHING_SAID: Said = { status: undefined, pingedAt: undefined, progress: undefined };

/** How the daemon is at one moment. */
export interface ServiceFacts {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** When the loop last advanced, monotonic milliseconds. */
  readonly progress: number;
  /** One line for `systemctl status`. */
  readonly status: string;
  readonly watchdogMs: number | undefined;
}

/**
 * What is to be told to systemd now, a line each; mostly nothing. The status when it is another, and
 * twice within the limit of the watchdog that all is well: but only if the loop has advanced since
 * that was said last. Silence is how a loop that hangs gets the process restarted. Pure.
 */
export function dueNotes(
  said: Said,
  { now, progress, status, watchdogMs }: ServiceFacts,
): { readonly lines: readonly string[]; readonly said: Said } {
  const told = status === said.status ? [] : [`STATUS=${status.replaceAll(/\s+/g, " ")}`];
  const due = watchdogMs !== undefined &&
    (said.pingedAt === undefined || now - said.pingedAt >= watchdogMs / 2) &&
    progress !== said.progress;
  return {
    lines: due ? [...told, "WATCHDOG=1"] : told,
    said: due ? { status, pingedAt: now, progress } : { ...said, status },
  };
}
