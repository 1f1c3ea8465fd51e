import { FelhomError } from "../errors.ts";
import { TransportError } from "./transport_error.ts";

/** How often a read is tried in all. */
const ATTEMPTS = 3;
const FIRST_DELAY_MS = 250;

/** What passes by itself, so that the same read may succeed a moment later (FACTS §7.5). */
const PASSING = new Set([
  "proxmox.refused",
  "proxmox.reset",
  "proxmox.daemon_down",
  "proxmox.gateway",
  "proxmox.busy",
]);

/** Whether a read that failed like this is worth another try. */
export function isPassing(error: unknown): boolean {
  return error instanceof FelhomError && PASSING.has(error.code);
}

/**
 * How long to wait before a read is tried again, in milliseconds.
 *
 * @param attempt how often it was tried, from 1
 * @param random from 0 to 1: spreads callers that failed together
 * @returns `undefined` when it is not to be tried again
 */
export function readDelay(
  error: unknown,
  attempt: number,
  { random }: { readonly random: number },
): number | undefined {
  if (attempt >= ATTEMPTS || !isPassing(error)) return undefined;
  return Math.round(FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + random));
}

/** The same for a mutation: only when the server provably did not get it. */
export function unsentDelay(
  error: unknown,
  attempt: number,
  spread: { readonly random: number },
): number | undefined {
  const unsent = error instanceof TransportError
    ? error.sent === "no"
    : error instanceof FelhomError && error.code === "proxmox.daemon_down";
  return unsent ? readDelay(error, attempt, spread) : undefined;
}
