import { type Action, entryOf } from "../action/mod.ts";

/** The longest lifetimes of documents, milliseconds. */
export interface Lifetimes {
  readonly longestLifetime: number;
  readonly longestLifetimeDataLoss: number;
}

/**
 * How long a document for an action may be valid, milliseconds. What loses data has a bound of its
 * own: a guest that was restored in place has the identity that was signed, and is another one.
 */
export function lifetimeOf(
  { kind }: Pick<Action, "kind">,
  { longestLifetime, longestLifetimeDataLoss }: Lifetimes,
): number {
  return entryOf(kind).class === "data_loss"
    ? Math.min(longestLifetime, longestLifetimeDataLoss)
    : longestLifetime;
}
