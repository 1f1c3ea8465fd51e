import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";

/** What the daemon reads of a Proxmox host. */
export interface HostReads {
  /** The server's version, as `9.2.3`. */
  version(signal: AbortSignal): Promise<string>;
  /** Names of the cluster's nodes. */
  nodes(signal: AbortSignal): Promise<readonly string[]>;
  /** The LXC guests of this node. */
  guests(signal: AbortSignal): Promise<readonly { readonly status: string }[]>;
}

/** What one round of reads found. */
export interface Reading {
  /** Epoch milliseconds when it was complete. */
  readonly at: number;
  readonly tookMs: number;
  readonly version: string;
  readonly nodes: readonly string[];
  readonly guests: { readonly total: number; readonly running: number };
}

/** Why a round of reads failed. */
export interface ReadFailure {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What is known of the host so far. */
export interface Observation {
  lastRead: Reading | undefined;
  lastError: ReadFailure | undefined;
  rounds: number;
  /** How many rounds failed since one succeeded. */
  failing: number;
}

/** Nothing is known yet. */
export function newObservation(): Observation {
  return { lastRead: undefined, lastError: undefined, rounds: 0, failing: 0 };
}

export interface ObserveOptions {
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Milliseconds between two rounds, before jitter: thousands of agents must not read in step. */
const INTERVAL_MS = 30_000;
const JITTER = 0.2;

/** Waits a round's interval, spread by a fifth to both sides. Pure. */
export function pause(random: number): number {
  return Math.round(INTERVAL_MS * (1 + JITTER * (2 * random - 1)));
}

/** Reads the host, at once and then at an interval, until the signal is aborted. Never rejects. */
export async function observe(
  reads: HostReads,
  observation: Observation,
  options: ObserveOptions,
): Promise<void> {
  const { clock, random, log, signal } = options;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      const [version, nodes, guests] = [
        await reads.version(signal),
        await reads.nodes(signal),
        await reads.guests(signal),
      ];
      const running = guests.filter(({ status }) => status === "running").length;
      const tookMs = Math.round(clock.monotonic() - began);
      if (observation.lastRead === undefined || observation.failing > 0) {
        log.info("Read the host", { version, nodes: nodes.length, guests: guests.length, tookMs });
      }
      observation.lastRead = {
        at: clock.now(),
        tookMs,
        version,
        nodes,
        guests: { total: guests.length, running },
      };
      observation.failing = 0;
    } catch (error) {
      if (signal.aborted) break;
      observation.lastError = describeFailure(error, clock.now());
      observation.failing += 1;
      log.error("Cannot read the host", { ...observation.lastError, failing: observation.failing });
    }
    observation.rounds += 1;
    try {
      await clock.sleep(pause(random()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function describeFailure(error: unknown, at: number): ReadFailure {
  if (error instanceof FelhomError) {
    const { code, message, hint } = error;
    return hint === undefined ? { at, code, message } : { at, code, message, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { at, code: "internal.bug", message };
}
