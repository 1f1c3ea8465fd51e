import type { Action, ActionKind, Intent, Source } from "../action/mod.ts";
import type { Deed } from "./capacity_facts.ts";
import { type Decision, type Refusal, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { Budget, Policy } from "./policy.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

const HOUR = 60 * 60_000;

/**
 * What a start or a change of settings has of its budgets. What recovery does to make something
 * undone has none.
 *
 * A start that only restores what is held to be desired costs the host nothing: after a power cut all
 * guests come up. A guest that goes down by itself again and again is started so often, and then left
 * for a while: each start is a row of the journal and a link of the audit.
 */
export function overWork(
  action: Extract<Action, { kind: "guest.start" | "guest.settings" }>,
  { origin }: Pick<Intent, "origin">,
  facts: Facts,
  policy: Policy,
): Refused | undefined {
  if (origin === "recovery") return undefined;
  const { now, deeds, runsSince } = facts;
  const same = deeds.filter(({ kind }) => kind === action.kind);
  const own = timesOf(same.filter(({ vmid }) => vmid === action.guest));
  const guest = `Guest ${action.guest}`;
  if (action.kind === "guest.settings") {
    return overBudget(own, policy.guestSettings, now, {
      ...{ code: "settings_budget", who: guest, what: "changes of settings" },
      key: "guests.hourly.settings_per_guest",
    }) ?? overBudget(timesOf(same), policy.hostSettings, now, {
      ...{ code: "settings_budget", who: "The host", what: "changes of settings" },
      key: "guests.hourly.settings_per_host",
    });
  }
  const perGuest = { code: "start_budget", who: guest, what: "starts" } as const;
  const overGuest = overBudget(own, policy.guestStarts, now, {
    ...perGuest,
    key: "guests.hourly.starts_per_guest",
  }) ?? overBudget(own, daily(policy.guestStarts), now, {
    ...perGuest,
    key: "four times guests.hourly.starts_per_guest",
  });
  if (overGuest !== undefined || isHeld(facts, policy)) return overGuest;
  const spending = same.filter(({ desired, at }) =>
    !desired || (runsSince !== null && at >= runsSince)
  );
  return overBudget(timesOf(spending), policy.hostStarts, now, {
    ...{ code: "start_budget", who: "The host", what: "starts" },
    key: "guests.hourly.starts_per_host",
  });
}

/** What a guest may have in a day. */
export function daily({ most, within }: Budget): Budget {
  return { most: 4 * most, within: 24 * within };
}

/** Whether a desired state that was accepted a while ago says that the guest runs. */
function isHeld({ runsSince, now }: Facts, { heldAfter }: Policy): boolean {
  return runsSince !== null && now - runsSince >= heldAfter;
}

/**
 * Whether an interruption that others than an operator or the agent asked for reaches one guest too
 * many: whoever has taken over a hub must not be able to take a whole host down one guest at a time.
 */
export function overAsked(
  { action, source }: Pick<Intent, "source"> & { readonly action: Action },
  { deeds, managedGuests, now }: Facts,
  { asked }: Policy,
): Refused | undefined {
  if (!isAsked(source)) return undefined;
  const lately = deeds.filter((deed) =>
    deed.interrupts && isAsked(deed.source) && isWithin(deed.at, HOUR, now)
  );
  const guests = new Set(lately.map(({ vmid }) => vmid));
  if (guests.has(action.guest)) return undefined;
  const most = Math.max(asked.guests, Math.floor(asked.share * (managedGuests ?? 0)));
  if (guests.size < most) return undefined;
  const lasts = [...guests].map((vmid) =>
    Math.max(...lately.filter((deed) => deed.vmid === vmid).map(({ at }) => at))
  );
  return refuse(
    "asked_budget",
    `${source} had ${guests.size} guests stopped or restarted within the hour, and ${most} may be ` +
      `(guests.hourly.asked_guests, asked_percent); ${
        nextFits(lasts, { most, within: HOUR }, now)
      }. ` +
      "An operator on the host has other budgets.",
  );
}

/** Whether an intent is one of others than an operator on the host, and the agent itself. */
function isAsked(source: Source | null): boolean {
  return source !== null && source !== "control socket" && source !== "agent";
}

/** What is capped for each storage and hour. */
type Capped = Extract<
  Action,
  {
    kind:
      | "guest.snapshot"
      | "guest.backup"
      | "guest.create"
      | "golden.create"
      | "guest.restore_over";
  }
>;

/** Whether a storage had as many of a kind within the hour as it may. */
export function overHourly(
  action: Capped,
  storages: readonly string[],
  { deeds, managedGuests, now }: Facts,
  { hourly }: Policy,
): Refused | undefined {
  const { cap, kinds } = capOf(action.kind, hourly, managedGuests ?? 0);
  for (const storage of storages) {
    const times = timesOf(
      deeds.filter((deed) =>
        kinds.includes(deed.kind) && (deed.storages?.includes(storage) ?? true)
      ),
    );
    const over = overBudget(times, { most: cap.most, within: HOUR }, now, {
      ...{ code: "hourly_cap", who: `Storage ${storage}`, what: cap.what },
      key: `guests.hourly.${cap.what}_per_storage`,
    });
    if (over !== undefined) return over;
  }
  return undefined;
}

interface Cap {
  readonly cap: { readonly most: number; readonly what: string };
  readonly kinds: readonly ActionKind[];
}

function capOf(kind: Capped["kind"], hourly: Policy["hourly"], guests: number): Cap {
  switch (kind) {
    case "guest.snapshot":
      return { cap: { most: hourly.snapshots, what: "snapshots" }, kinds: [kind] };
    case "guest.backup":
      // However low it is set: each guest has its backup in a night.
      return {
        cap: { most: Math.max(hourly.backups, guests), what: "backups" },
        kinds: [kind],
      };
    case "guest.create":
    case "golden.create":
      return {
        cap: { most: hourly.creates, what: "creates" },
        kinds: ["guest.create", "golden.create"],
      };
    case "guest.restore_over":
      return { cap: { most: hourly.restores, what: "restores" }, kinds: [kind] };
    default:
      return kind satisfies never;
  }
}

interface Words {
  readonly code: Refusal;
  readonly who: string;
  readonly what: string;
  /** Where root may raise it. */
  readonly key: string;
}

/** A refusal that names the number, when another one does not fit. */
export function overBudget(
  times: readonly number[],
  budget: Budget,
  now: number,
  { code, who, what, key }: Words,
): Refused | undefined {
  const lately = times.filter((time) => isWithin(time, budget.within, now));
  if (lately.length < budget.most) return undefined;
  return refuse(
    code,
    `${who} had ${lately.length} ${what} within ${
      span(budget.within)
    }, and ${budget.most} are let ` +
      `through (${key}); ${nextFits(lately, budget, now)}.`,
  );
}

/**
 * Whether a time counts. One that lies a little ahead does: clocks are set back. What lies further
 * ahead than a budget reaches was told by a clock that was wrong, and would count for years.
 */
function isWithin(time: number, within: number, now: number): boolean {
  return Math.abs(time - now) < within;
}

function nextFits(times: readonly number[], { most, within }: Budget, now: number): string {
  const first = times.toSorted((one, other) => one - other)[times.length - most];
  if (first === undefined) return "none fits";
  return `the next one fits in ${Math.max(1, Math.ceil((first + within - now) / 60_000))} min`;
}

function span(ms: number): string {
  return ms === HOUR ? "the hour" : `${Math.round(ms / HOUR)} h`;
}

function timesOf(deeds: readonly Deed[]): number[] {
  return deeds.map(({ at }) => at);
}
