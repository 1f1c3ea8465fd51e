import { type Action, entryOf } from "../../action/mod.ts";
import type { Departures } from "./departures.ts";

/**
 * How long a call may wait here before it leaves, milliseconds: the transport's own limit for all of
 * it.
 */
export const LEAVES_WITHIN_MS = 35_000;
/**
 * How long a call that left may take until it has started a task or changed something, or never
 * will: pveproxy gives a proxied call 30 s (FACTS §1.5), a lock is waited for 10 s (FACTS §2.2).
 */
export const SETTLE_MS = 45_000;

/**
 * How long an operation has been under way, milliseconds. One of this process is timed by the
 * monotonic clock. An earlier process sends nothing any more, so its call has left by the time this
 * one began; how long before, only the time of day could tell, and that may have jumped. So what it
 * asked of Proxmox is given the whole time again, which is short. The helper's work may take many
 * minutes, all of which nobody shall wait again: it goes by the time of day.
 */
export function underWay(
  { kind }: Pick<Action, "kind">,
  { id, startedAt, departures, now }: {
    readonly id: string;
    /** By the time of day, as {@linkcode now}. Epoch milliseconds. */
    readonly startedAt: number;
    readonly departures: Departures;
    readonly now: number;
  },
): number {
  return departures.elapsedMs(id) ??
    (entryOf(kind).route === "api" ? LEAVES_WITHIN_MS + departures.ageMs : now - startedAt);
}

/**
 * How much longer a call whose answer was lost may be on its way, milliseconds. The helper works on
 * when nobody listens, for as long as its work may take.
 *
 * @param elapsedMs since its intent was written; less than 0 when a clock was set back
 * @param limitMs how long the work may take at most
 */
export function onItsWay(
  { kind }: Pick<Action, "kind">,
  { elapsedMs, limitMs }: { readonly elapsedMs: number; readonly limitMs: number },
): number {
  const elapsed = Math.max(0, elapsedMs);
  const { route } = entryOf(kind);
  switch (route) {
    case "api":
      return Math.max(0, SETTLE_MS - Math.max(0, elapsed - LEAVES_WITHIN_MS));
    case "helper":
      return Math.max(0, limitMs - elapsed);
    case "state":
      return 0;
    default:
      return route satisfies never;
  }
}
