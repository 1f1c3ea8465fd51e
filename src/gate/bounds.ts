import type { Action, ActionOf } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { Policy } from "./policy.ts";
import type { Peak, StartupDelays } from "./resources.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;
type Settings = ActionOf<"guest.settings">["params"];

/** MiB of swap that a guest has when none is set (FACTS §3.1). */
export const DEFAULT_SWAP = 512;
/** Seconds that a guest may hold up those that start, or stop, after it. */
export const LONGEST_STARTUP_DELAY = 600;
/**
 * Seconds that a guest may be given to go down: its lock file is held for all of it, and nothing else
 * can be done to it (FACTS §3.6). Nobody signs a shutdown or a restart.
 */
export const LONGEST_TIMEOUT = 600;
/** CPUs under which a guest is starved rather than limited; 0 is no limit. */
export const LEAST_CPULIMIT = 0.1;
/** Weights of which one guest can starve no other: the default is 100, of old 1024. */
export const CPUUNITS = { least: 10, most: 1024 } as const;
/** MiB under which no guest goes of which nobody knows what it needs. */
const LEAST_UNKNOWN = 64;

/**
 * Why a value is outside the bounds that hold on any host, to stand behind the setting's name;
 * undefined when it is within. They are narrower than what Proxmox takes: with those values a guest
 * starves, or holds up the others.
 */
export function outOfFixedBounds(
  { startup, cpulimit, cpuunits }: Pick<Settings["set"], "startup" | "cpulimit" | "cpuunits">,
): { readonly name: "startup" | "cpulimit" | "cpuunits"; readonly why: string } | undefined {
  for (const delay of startup?.matchAll(/(?:up|down)=(\d+)/g) ?? []) {
    if (Number(delay[1]) > LONGEST_STARTUP_DELAY) {
      const why = `${delay[0]} holds up others for more than ${LONGEST_STARTUP_DELAY} s`;
      return { name: "startup", why };
    }
  }
  if (cpulimit !== undefined && cpulimit !== 0 && cpulimit < LEAST_CPULIMIT) {
    const why = `${cpulimit} is less than ${LEAST_CPULIMIT}, which starves a guest; 0 is no limit`;
    return { name: "cpulimit", why };
  }
  const { least, most } = CPUUNITS;
  if (cpuunits !== undefined && (cpuunits < least || cpuunits > most)) {
    return { name: "cpuunits", why: `${cpuunits} is not from ${least} to ${most}` };
  }
  return undefined;
}

/** What an action would set outside its bounds, whoever asks and whoever signs. */
export function outOfBounds(action: Action, facts: Facts, policy: Policy): Refused | undefined {
  switch (action.kind) {
    case "guest.shutdown":
    case "guest.restart":
      return overTimeout(action.params);
    case "guest.settings":
      return outside(action.params) ?? overDelays(action.params, facts, policy) ??
        overMemory(action, facts) ??
        squeezed(wantedMemory(action.params), facts, policy);
    case "guest.create":
    case "golden.create":
      return overMemory(action, facts);
    // A restore beside its guest is signed, and starts neither now nor at boot.
    default:
      return undefined;
  }
}

/** MiB of memory and swap that an action gives its guest more than it has; 0 when it gives none. */
export function promisedMemory(action: Action, { place }: Pick<Facts, "place">): number {
  switch (action.kind) {
    case "guest.create":
      return action.params.memory + action.params.swap;
    case "golden.create":
      return action.params.memory + DEFAULT_SWAP;
    case "guest.settings": {
      if (place.kind !== "here" || place.guest.config === null) return 0;
      const { config } = place.guest;
      const { memory = config.memory, swap = config.swap } = wantedMemory(action.params);
      return Math.max(0, memory + swap - config.memory - config.swap);
    }
    default:
      return 0;
  }
}

function overTimeout({ timeout }: { readonly timeout: number }): Refused | undefined {
  if (timeout <= LONGEST_TIMEOUT) return undefined;
  const why = `A timeout of ${timeout} s holds up whatever else is to be done to the guest; ` +
    `at most ${LONGEST_TIMEOUT} s may be given.`;
  return refuse("timeout_out_of_bounds", why);
}

function outside({ set }: Settings): Refused | undefined {
  const found = outOfFixedBounds(set);
  return found === undefined
    ? undefined
    : refuse("setting_out_of_bounds", `${found.name}: ${found.why}.`);
}

/** What a `startup` says: `order=1,up=30,down=60`. A part that is no number of seconds is no delay. */
export function startupDelaysOf(text: string): StartupDelays {
  const of = (name: "up" | "down") =>
    Number(new RegExp(`(?:^|,)\\s*${name}=(\\d{1,15})\\s*(?=,|$)`).exec(text)?.[1] ?? 0);
  return { up: of("up"), down: of("down") };
}

/**
 * Only more is refused. Each guest's delays have a bound of their own; those of many together hold a
 * host up for as long as nobody notices why.
 */
function overDelays(
  { set: { startup: text } }: Settings,
  { startup }: Facts,
  { startupDelays: most }: Policy,
): Refused | undefined {
  const wanted = startupDelaysOf(text ?? "");
  if (wanted.up === 0 && wanted.down === 0) return undefined;
  if (startup === null) return refuse("startup_unknown");
  for (const name of ["up", "down"] as const) {
    const all = startup.others[name] + wanted[name];
    if (wanted[name] <= startup.own[name] || all <= most) continue;
    return refuse(
      "startup_delays",
      `With ${name}=${wanted[name]} the managed guests would hold up a ` +
        `${
          name === "up" ? "start" : "stop"
        } of the host for ${all} s together, more than ${most} s ` +
        "(guests.startup_delay_minutes).",
    );
  }
  return undefined;
}

/** MiB that a change sets; undefined what it leaves as it is. */
function wantedMemory(
  { set, unset }: Settings,
): { readonly memory: number | undefined; readonly swap: number | undefined } {
  return { memory: set.memory, swap: unset.includes("swap") ? DEFAULT_SWAP : set.swap };
}

/** Only more is refused: a host that has promised too much already keeps running. */
function overMemory(action: Action, { memory, place }: Facts): Refused | undefined {
  const more = promisedMemory(action, { place });
  if (more === 0) return undefined;
  if (memory === null) return refuse("memory_unknown");
  const config = place.kind === "here" ? place.guest.config : null;
  const mib = more + (config === null ? 0 : config.memory + config.swap);
  const { node, most, others } = memory;
  if (mib > node) {
    return refuse(
      "memory_over_node",
      `Memory and swap of ${mib} MiB are more than the ${node} MiB that the node has.`,
    );
  }
  if (others + mib > most) {
    return refuse(
      "memory_overcommitted",
      `With memory and swap of ${mib} MiB the guests would be promised ${others + mib} MiB ` +
        `together, more than ${most} MiB (guests.memory_overcommit).`,
    );
  }
  return undefined;
}

/** The least memory or swap in MiB that leaves a guest what it uses, and a margin. */
export function leastFor(usage: number, { margin }: Policy): number {
  return usage === 0 ? 0 : Math.ceil(usage + Math.max(margin.mib, margin.share * usage));
}

/**
 * Memory and swap are never set under what the guest uses, which would kill what runs in it; memory
 * not under what it used lately either, which would kill it at its next start.
 */
function squeezed(
  wanted: ReturnType<typeof wantedMemory>,
  { place, peak, mostMemory }: Facts,
  policy: Policy,
): Refused | undefined {
  if (place.kind !== "here") return undefined;
  const { config, usage } = place.guest;
  for (const name of ["memory", "swap"] as const) {
    const mib = wanted[name];
    if (mib === undefined || config === null || mib >= config[name]) continue;
    if (usage === null) return refuse("usage_unknown");
    const least = leastFor(usage[name], policy);
    if (mib < least) {
      return refuse(
        "memory_in_use",
        `${name} of ${mib} MiB is under the ${least} MiB it needs now.`,
      );
    }
    const floor = name === "memory"
      ? floorOf(peak, Math.max(config.memory, mostMemory ?? 0), policy)
      : null;
    if (floor === "unknown") {
      return refuse("usage_unknown", "How much memory the guest used lately is not known.");
    }
    if (floor !== null && mib < floor.mib) {
      return refuse(
        "memory_in_use",
        `memory of ${mib} MiB is under the ${floor.mib} MiB ${floor.of}.`,
      );
    }
  }
  return undefined;
}

/**
 * What a guest keeps: the most that it used, and half of the most that it had as long as it was not
 * seen running for long enough to tell.
 *
 * @param most what it was configured with at most, MiB: halved again and again it would end at nothing
 */
function floorOf(
  peak: Peak,
  most: number,
  { watchedEnough }: Pick<Policy, "watchedEnough">,
): { readonly mib: number; readonly of: string } | "unknown" {
  if (peak === "unknown") return peak;
  const half = Math.max(LEAST_UNKNOWN, Math.ceil(most / 2));
  const halfOf = `that are half of the ${most} MiB it had at most`;
  if (peak === "never_seen") return { mib: half, of: `${halfOf}: nobody knows what it needs` };
  const { mib, watchedMs } = peak;
  if (mib >= half || watchedMs >= watchedEnough) return { mib, of: "that it used within a month" };
  const seen =
    `it was seen running for ${hours(watchedMs)} h within a month, and what it needs is ` +
    `told after ${hours(watchedEnough)} h`;
  return { mib: half, of: `${halfOf}: ${seen}` };
}

/** `0.5`, `24`. */
function hours(ms: number): number {
  return Math.round(ms / 360_000) / 10;
}
