import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { failureFrom } from "./failure.ts";
import type { Link } from "./link.ts";
import type { FromDaemon, ToDaemon } from "./messages.ts";

export interface SuperviseOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the process is told to end. */
  readonly signal: AbortSignal;
}

/** How often the daemon is asked whether it is there. */
const PING_EVERY_MS = 2_000;

/**
 * How long it may say nothing. A Worker that closes itself or hangs tells nobody, so silence is the
 * only sign; a slow disk must not look like it.
 */
const SILENCE_LIMIT_MS = 20_000;

/** How long it may take to finish once it was told to stop. systemd waits longer. */
export const DRAIN_LIMIT_MS = 10_000;

/**
 * Watches the daemon until it has ended. When the signal is aborted, tells it to stop and waits.
 *
 * @throws {FelhomError} `daemon.died` when it falls silent or does not stop, and what it failed with
 */
export async function supervise(
  link: Link<ToDaemon, FromDaemon>,
  options: SuperviseOptions,
): Promise<void> {
  const { clock, log, signal } = options;
  const over = new AbortController();
  const heard = { at: clock.monotonic() };
  const stop = () => {
    log.info("Stopping", { limitMs: DRAIN_LIMIT_MS });
    link.send({ kind: "stop" });
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const watches = [
    watchSilence(link, heard, clock, over.signal),
    watchDrain(signal, clock, over.signal),
  ];
  try {
    await Promise.race([listen(link, heard, options), ...watches]);
  } finally {
    signal.removeEventListener("abort", stop);
    over.abort();
    await Promise.allSettled(watches);
  }
}

/** Resolves when the daemon says that it stopped, and was told to. */
async function listen(
  link: Link<ToDaemon, FromDaemon>,
  heard: { at: number },
  { clock, signal }: SuperviseOptions,
): Promise<void> {
  for (;;) {
    const message = await link.next();
    heard.at = clock.monotonic();
    switch (message.kind) {
      case "pong":
        break;
      case "stopped":
        if (signal.aborted) return;
        throw new FelhomError("daemon.died", "The daemon stopped though nobody told it to");
      case "failed":
        throw failureFrom(message.error);
      case "sealed":
        throw new FelhomError("internal.bug", "The daemon said twice that it is sealed");
      default:
        message satisfies never;
    }
  }
}

/** Never resolves. Throws when the daemon says nothing for too long, or when `over`. */
async function watchSilence(
  link: Link<ToDaemon, FromDaemon>,
  heard: { readonly at: number },
  clock: Clock,
  over: AbortSignal,
): Promise<never> {
  for (;;) {
    link.send({ kind: "ping" });
    await clock.sleep(PING_EVERY_MS, over);
    if (clock.monotonic() - heard.at > SILENCE_LIMIT_MS) {
      throw new FelhomError("daemon.died", `The daemon said nothing for ${SILENCE_LIMIT_MS} ms`, {
        hint: "It hangs, or it ended itself. systemd starts it again.",
      });
    }
  }
}

/** Never resolves. Throws when a daemon that was told to stop does not, or when `over`. */
async function watchDrain(told: AbortSignal, clock: Clock, over: AbortSignal): Promise<never> {
  await aborted(told, over);
  over.throwIfAborted();
  await clock.sleep(DRAIN_LIMIT_MS, over);
  throw new FelhomError("daemon.died", `The daemon did not stop within ${DRAIN_LIMIT_MS} ms`, {
    hint: "Work that Proxmox has begun goes on there; the next start looks what became of it.",
  });
}

/** Resolves when any of the signals is aborted. */
function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    if (any.aborted) resolve();
    else any.addEventListener("abort", () => resolve(), { once: true });
  });
}
