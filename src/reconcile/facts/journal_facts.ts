import type { ActionKind } from "../../action/mod.ts";
import {
  type Facts,
  type GuestMark,
  type History,
  POLICY,
  type SnapshotMark,
} from "../../gate/mod.ts";
import type { State } from "../../state/mod.ts";

/** What of the facts the agent's own state says. */
export type JournalFacts = Pick<
  Facts,
  "journal" | "made" | "snapshotsMade" | "openTransactions" | "history"
>;

const STOPS: readonly ActionKind[] = ["guest.stop", "guest.shutdown"];
/** A backup in mode `stop` takes the guest down and up again (FACTS §4); others do not count. */
const RESTARTS: readonly ActionKind[] = ["guest.restart", "guest.backup"];

/** How far back any budget reaches, milliseconds. */
const REACH = Math.max(
  ...[POLICY.guestStops, POLICY.guestRestarts, POLICY.hostStops, POLICY.hostRestarts]
    .map(({ within }) => within),
);

/**
 * What the journal says of a guest, and of the host.
 *
 * @param vmid null for an action about the host
 * @param now epoch milliseconds
 * @throws {FelhomError} `state.damaged`, `state.unusable`
 */
export function journalFacts(
  state: Pick<State, "instances" | "guests" | "snapshots" | "transactions" | "operations">,
  vmid: number | null,
  { now }: { readonly now: number },
): JournalFacts {
  return {
    journal: state.instances.current().doubt === null ? "current" : "older_than_host",
    made: vmid === null ? null : guestMark(state, vmid),
    snapshotsMade: vmid === null ? [] : snapshotMarks(state, vmid),
    openTransactions: state.transactions.open().map(({ id }) => id),
    history: historyOf(state, vmid, now),
  };
}

function guestMark({ guests }: Pick<State, "guests">, vmid: number): GuestMark | null {
  const made = guests.get(vmid);
  if (made === undefined) return null;
  const { operation: _, ...mark } = made;
  return mark;
}

function snapshotMarks(
  { snapshots, operations }: Pick<State, "snapshots" | "operations">,
  vmid: number,
): SnapshotMark[] {
  return snapshots.of(vmid).map((made) => {
    const { name, takenAt, digest, transaction, stoppedThroughout, operation } = made;
    const rollbackUnclean = operations.rolledBackUncleanly(vmid, operation);
    return { vmid, name, takenAt, digest, transaction, stoppedThroughout, rollbackUnclean };
  });
}

function historyOf(
  { operations }: Pick<State, "operations">,
  vmid: number | null,
  now: number,
): History {
  const stops = operations.times(STOPS, now - REACH);
  const restarts = operations.times(RESTARTS, now - REACH);
  const of = (times: typeof stops) =>
    times.filter((each) => each.vmid === vmid).map(({ at }) => at);
  return {
    guestStops: vmid === null ? [] : of(stops),
    guestRestarts: vmid === null ? [] : of(restarts),
    hostStops: stops.map(({ at }) => at),
    hostRestarts: restarts.map(({ at }) => at),
  };
}
