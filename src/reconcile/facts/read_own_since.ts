import type { Action } from "../../action/mod.ts";
import type { Since } from "../../gate/mod.ts";
import type { Reads } from "../../proxmox/mod.ts";
import type { State } from "../../state/mod.ts";
import type { Departures } from "../settling/departures.ts";
import { readSince } from "./read_since.ts";

export interface OwnSinceSources {
  readonly reads: Reads;
  readonly state: State;
  /** What this process began. @default nothing */
  readonly departures?: Pick<Departures, "sinceAtWorkMs"> | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * What is known of the time since that was made which an action would take away; null when that is not
 * the agent's own. Only what may be is asked about.
 *
 * @throws the signal's reason; {@linkcode FelhomError} `state.*`
 */
export async function readOwnSince(
  action: Action,
  { reads, state, departures, now }: OwnSinceSources,
  signal: AbortSignal,
): Promise<Since | null> {
  const made = madeFor(action, state);
  if (made === undefined || action.guest === null) return null;
  const { vmid, operation, creation } = made;
  const known = new Set(state.operations.tasksOf(vmid));
  const { tasks, ran } = await readSince({ vmid, creation, known, reads, signal });
  if (ran) {
    // For good: the list forgets it.
    const at = now();
    state.guests.ran(vmid, at);
    state.guests.loseScratch(vmid, at, "somebody's task ran it");
  }
  return { agoMs: departures?.sinceAtWorkMs(operation) ?? null, tasks };
}

/** The journal's mark on what an action would take away, while that is good for anything. */
function madeFor(action: Action, state: State) {
  const { guests, snapshots, transactions, operations } = state;
  const isOpen = (id: string) => transactions.get(id)?.outcome === "open";
  switch (action.kind) {
    case "guest.destroy": {
      const mark = guests.get(action.guest);
      if (mark === undefined || !(mark.scratchUntil !== null || isOpen(mark.transaction))) return;
      return mark;
    }
    case "guest.delete_snapshot":
    case "guest.rollback": {
      const mark = snapshots.get(action.guest, action.params.snapshot);
      if (mark === undefined || !isOpen(mark.transaction)) return;
      // A rollback rests on the guest being scratch as well: on its whole life, the snapshot's with it.
      const guest = action.kind === "guest.rollback" ? guests.get(action.guest) : undefined;
      if (guest !== undefined && guest.scratchUntil !== null) return guest;
      const { vmid, operation } = mark;
      return { vmid, operation, creation: operations.get(operation)?.upid ?? null };
    }
    default:
      return;
  }
}

/**
 * Why a permit that rests on nobody having used what it takes away does not hold any more: asked right
 * before anything is sent. Null when it does, and when it rests on nothing of that kind.
 */
export async function whyUsedMeanwhile(
  action: Action,
  { since: known, ...sources }: OwnSinceSources & { readonly since: Since | null },
  signal: AbortSignal,
): Promise<string | null> {
  if (known === null) return null;
  const since = await readOwnSince(action, sources, signal);
  if (since === null) return "It is not the agent's own any more";
  const { tasks } = since;
  switch (tasks.kind) {
    case "complete": {
      const [foreign] = tasks.foreign;
      return foreign === undefined
        ? null
        : `Somebody else's task worked on it meanwhile: ${foreign}`;
    }
    case "unproven":
      // Then the permit does not rest on the list.
      if (known.tasks.kind === "unproven") return null;
      return `Nothing proves any more that nobody has used it: ${tasks.why}`;
    default:
      return tasks satisfies never;
  }
}
