import type { Reservation } from "./capacity_facts.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { Overcommit, Policy } from "./policy.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

/** How much of a storage may be given away. */
export interface ReservationLimit {
  /** Times what the storage has, without what others use of it. */
  readonly ratio: number;
  readonly bytes: number;
}

/** What a storage would have to hold, were all that is given away used. */
export function provisionedOf(
  { volumes, snapshots, rest, promised }: Omit<Reservation, "added" | "mark">,
): number {
  return volumes + snapshots + rest + promised;
}

/**
 * How much of a storage may be given away: by its name, else by its type. A ratio over one counts on
 * guests that never fill all they have; what others have used is used, so it is no more than itself.
 */
export function reservationLimit(
  storage: string,
  { type, total, rest }: Pick<Reservation, "type" | "total" | "rest">,
  { storages, types, otherwise }: Overcommit,
): ReservationLimit {
  const ratio = own(storages, storage) ?? (type === null ? undefined : own(types, type)) ??
    otherwise;
  if (ratio <= 1) return { ratio, bytes: Math.floor(total * ratio) };
  const others = Math.min(rest, total);
  return { ratio, bytes: Math.floor(others + (total - others) * ratio) };
}

/**
 * Whether what an action adds may be given away on each of the storages. One that has more given away
 * than it may goes on as it is: nothing new is added to it. What nobody signed leaves a share of it to
 * signed work: a hub that gives all of it away must not be able to prevent a restore.
 */
export function overReservation(
  storages: readonly string[],
  { reservations }: Pick<Facts, "reservations">,
  { overcommit, signedShare }: Pick<Policy, "overcommit" | "signedShare">,
  { signed }: { readonly signed: boolean },
): Refused | undefined {
  for (const name of storages) {
    const reservation = own(reservations, name);
    if (reservation === undefined || !isKnown(reservation)) {
      return refuse("space_unknown", `What storage ${name} has given away is not known.`);
    }
    // What it adds to others of the same pool is taken from the same room.
    const pool = [name, ...reservation.pool.filter((other) => storages.includes(other))];
    const each = pool.map((other) => own(reservations, other)?.added ?? null);
    if (!each.every((bytes) => bytes !== null && bytes >= 0)) return refuse("space_unknown");
    const added = each.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    const { ratio, bytes: all } = reservationLimit(name, reservation, overcommit);
    const kept = signed ? 0 : Math.ceil(all * signedShare);
    const provisioned = provisionedOf(reservation);
    if (added > 0 && provisioned + added > all - kept) {
      return refuse(
        "space_overcommit",
        whyOver(nameOf(name, reservation), { provisioned, added, ratio, all, kept }),
      );
    }
  }
  return undefined;
}

/** `tank`, or `tank (one pool with local)`. */
function nameOf(name: string, { pool }: Reservation): string {
  return pool.length === 0 ? name : `${name} (one pool with ${pool.join(", ")})`;
}

function whyOver(
  name: string,
  { provisioned, added, all, kept, ratio }: {
    readonly provisioned: number;
    readonly added: number;
    readonly all: number;
    readonly kept: number;
    readonly ratio: number;
  },
): string {
  const limit = kept === 0
    ? `the ${gib(all)} that may be (${ratio} times what others leave of it)`
    : `the ${gib(all - kept)} that may be without a signature (${ratio} times what others leave ` +
      `of it, less ${gib(kept)} that are kept for signed restores)`;
  return `Storage ${name} has ${gib(provisioned)} provisioned, and with ${gib(added)} more it ` +
    `would be over ${limit}. Remove volumes or snapshots, add space, or raise guests.overcommit ` +
    "for it.";
}

/** `12.5 GiB`. */
export function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

function isKnown(reservation: Reservation): boolean {
  return reservation.total > 0 && Number.isFinite(provisionedOf(reservation));
}

/** Names come from outside: `constructor` is no storage. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
