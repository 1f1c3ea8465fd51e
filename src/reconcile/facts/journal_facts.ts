import { type Action, type ActionKind, isActionKind, SOURCES } from "../../action/mod.ts";
import {
  daily,
  type Deed,
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

/** Starts of one guest are counted for so long. */
const DAY = daily(POLICY.guestStarts).within;
const HOUR = POLICY.guestStarts.within;

/** What budgets and caps of a kind count. */
function countedWith(kind: ActionKind): readonly ActionKind[] {
  switch (kind) {
    case "guest.stop":
    case "guest.shutdown":
    case "guest.restart":
      return [...STOPS, ...RESTARTS];
    case "guest.backup":
      return [...STOPS, ...RESTARTS];
    case "guest.create":
    case "golden.create":
      return ["guest.create", "golden.create"];
    case "guest.start":
    case "guest.settings":
    case "guest.snapshot":
    case "guest.restore_over":
      return [kind];
    case "guest.delete_snapshot":
    case "guest.rollback":
    case "guest.prune":
    case "guest.destroy":
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return [];
    default:
      return kind satisfies never;
  }
}

/**
 * What the agent did of what the budgets and caps of an action count: within the hour, and starts of
 * its guest within the day.
 *
 * @param storagesOf where a guest's volumes lie; null when it is not known
 * @throws {FelhomError} `state.damaged`, `state.unusable`
 */
export function deedsFor(
  { kind, guest }: Pick<Action, "kind" | "guest">,
  { operations }: Pick<State, "operations">,
  { now, storagesOf }: {
    readonly now: number;
    readonly storagesOf: (vmid: number) => readonly string[] | null;
  },
): Deed[] {
  const counted = countedWith(kind);
  if (counted.length === 0) return [];
  const rows = operations.done(counted, { since: now - HOUR, vmid: guest, sinceOf: now - DAY });
  return rows.flatMap(({ kind, storage, origin, source, ...row }) => {
    if (!isActionKind(kind)) return [];
    const known = kind === "guest.snapshot"
      ? (row.vmid === null ? null : storagesOf(row.vmid))
      : storage === null
      ? null
      : [storage];
    const from = SOURCES.find((each) => each === source) ?? null;
    return [{ ...row, kind, storages: known, desired: origin === "desired", source: from }];
  });
}

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
