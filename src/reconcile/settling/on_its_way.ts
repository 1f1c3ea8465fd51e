import { type Action, entryOf } from "../../action/mod.ts";

/**
 * How long a call may wait here before it leaves, milliseconds: the transport's own limit for all of
 * it.
 */
const LEAVES_WITHIN_MS = 35_000;
/**
 * How long a call that left may take until it has started a task or changed something, or never
 * will: pveproxy gives a proxied call 30 s (FACTS §1.5), a lock is waited for 10 s (FACTS §2.2).
 */
export const SETTLE_MS = 45_000;

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
