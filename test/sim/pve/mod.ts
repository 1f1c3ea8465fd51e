/** What stands behind the wire: `createPve` makes a Proxmox VE host to talk to. */

import { type Clock, systemClock } from "../../../src/clock.ts";
import type { Api } from "../seam.ts";
import type { AccessControl } from "./access/access_control.ts";
import { createApi } from "./api.ts";
import { createHandlers } from "./handlers/mod.ts";
import { type ScenarioName, SCENARIOS } from "./scenarios.ts";
import type { ApiToken } from "./scenarios/scenario.ts";
import { injectFault, type WorldFault } from "./world/faults.ts";
import { scaledClock } from "../scaled_clock.ts";
import { worldState } from "./world/state.ts";
import type { World } from "./world/world.ts";

export type { ScenarioName } from "./scenarios.ts";
export type { ApiToken } from "./scenarios/scenario.ts";
export type { CertificateInfo } from "./world/node.ts";
export type { WorldFault } from "./world/faults.ts";

export interface PveOptions {
  /** @default {systemClock} */
  readonly clock?: Clock;
  /**
   * What all chance follows from: MAC addresses, process ids, secrets, faults.
   * @default {1}
   */
  readonly seed?: number;
  /** @default {"default"} */
  readonly scenario?: ScenarioName;
  /**
   * How many guests the scenario `large` has.
   * @default {1000}
   */
  readonly guests?: number;
  /**
   * How many times faster than real everything runs that takes time.
   * @default {1}
   */
  readonly timeScale?: number;
}

/** A Proxmox VE host: what answers requests, and the hooks by which a test reaches behind it. */
export interface Pve extends Api {
  readonly world: World;
  readonly access: AccessControl;
  /** By the token's own name. */
  readonly tokens: Readonly<Record<string, ApiToken>>;
  /** The token a newcomer gets. */
  readonly token: ApiToken;
  /** The whole state, as JSON can hold it. */
  snapshot(): Record<string, unknown>;
  /** Makes something go wrong. */
  inject(fault: WorldFault): void;
}

/** Makes a host. The same seed and the same requests at the same times give the same answers. */
export function createPve(options: PveOptions = {}): Pve {
  const { clock = systemClock, seed = 1, scenario = "default", guests = 1000, timeScale = 1 } =
    options;
  const { world, access, tokens, defaultToken } = SCENARIOS[scenario]({
    clock: scaledClock(timeScale, clock),
    seed,
    guests,
  });
  const token = tokens[defaultToken];
  if (token === undefined) throw new Error(`Scenario "${scenario}" has no token ${defaultToken}`);
  const handlers = createHandlers(world, access);
  const api = createApi({ access, handlers, node: world.node.name });
  return {
    dispatch: (request) => api.dispatch(request),
    world,
    access,
    tokens,
    token,
    snapshot: () => JSON.parse(JSON.stringify(worldState(world))),
    inject: (fault) => injectFault(world, fault),
  };
}
