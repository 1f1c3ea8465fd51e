import type { Clock } from "../clock.ts";
import type { Action } from "../action/mod.ts";
import type { Facts, Gate, VmidRange } from "../gate/mod.ts";
import type { Logger } from "../log/logger.ts";
import type { Guest, TaskPace } from "../proxmox/mod.ts";
import type { State } from "../state/mod.ts";
import type { Capacity } from "./capacity/capacity.ts";
import type { DesiredProvider } from "./desired/provider.ts";
import type { Departures } from "./settling/departures.ts";
import type { Lifetimes } from "./settling/lifetimes.ts";
import type { Eyes } from "./executors/executor.ts";
import type { Hands } from "./executors/hands.ts";
import type { Promises } from "./facts/promises.ts";
import type { RoomClaims } from "./facts/room_claims.ts";

/** What the agent makes guests of its own from, and where: from the configuration. */
export interface ScratchMaterial {
  /** Volume ids of the golden images that are pinned, in the configuration's order. */
  readonly images: readonly string[];
  readonly storages: readonly string[];
  readonly bridges: readonly string[];
}

/** All that work on a host is done with. Made once, by the wiring. */
export interface Work {
  /** The node's name in Proxmox. */
  readonly node: string;
  /** `user@realm!name`: whose tasks are ours. */
  readonly tokenId: string;
  readonly managed: VmidRange;
  /** Those of them that are for drills and self-tests alone. @default none are set apart */
  readonly drills?: VmidRange | undefined;
  readonly scratch: ScratchMaterial;
  readonly eyes: Eyes;
  readonly hands: Hands;
  readonly state: State;
  readonly gate: Gate;
  readonly provider: DesiredProvider;
  /**
   * Reads everything that the gate decides an action by.
   *
   * @param row the guest's, read a moment ago @default it is read
   */
  readonly facts: (action: Action, signal: AbortSignal, row?: Guest) => Promise<Facts>;
  /** When tasks that were just started are looked at. */
  readonly pace: TaskPace;
  /** Room that work under way is going to take. */
  readonly claims: RoomClaims;
  /** What work under way is about to promise guests. */
  readonly promises: Promises;
  /** How long requests that nobody signed have waited. */
  readonly lifetimes: Lifetimes;
  /** What is given away of the storages. */
  readonly capacity: Capacity;
  /** When what is under way began. */
  readonly departures: Departures;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
  readonly log: Logger;
}
