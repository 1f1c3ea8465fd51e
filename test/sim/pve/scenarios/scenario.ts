import type { Clock } from "../../../../src/clock.ts";
import { AccessControl } from "../access/access_control.ts";
import type { NodeOptions } from "../world/node.ts";
import { createRandom, randomUuid } from "../world/random.ts";
import type { Storage } from "../world/storage.ts";
import { type Quirks, World } from "../world/world.ts";

/** What every scenario is made from. */
export interface ScenarioOptions {
  /** Already scaled. */
  readonly clock: Clock;
  readonly seed: number;
  /** How many guests the scenarios that count them have. */
  readonly guests: number;
}

/** An API token with the secret that the header needs. */
export interface ApiToken {
  /** `user@realm!name`. */
  readonly id: string;
  readonly secret: string;
}

/** A world with somebody who may use it. */
export interface Scenario {
  readonly world: World;
  readonly access: AccessControl;
  /** By the token's own name. */
  readonly tokens: Readonly<Record<string, ApiToken>>;
  /** Name of the token a newcomer gets. */
  readonly defaultToken: string;
}

/** An empty host with its access control, joined. */
export function emptyHost(
  options: ScenarioOptions,
  host: {
    readonly node: NodeOptions;
    readonly storages: readonly Storage[];
    readonly quirks?: Quirks;
    readonly lastPid?: number;
  },
): { world: World; access: AccessControl } {
  const { clock, seed } = options;
  const access = new AccessControl({ now: () => clock.now() });
  const world = new World({ ...host, clock, seed, pools: access.pools });
  world.onDestroyed = (vmid) => access.forgetGuest(vmid);
  return { world, access };
}

/** Makes tokens of one user; their secrets follow from the seed. */
export function makeTokens(
  access: AccessControl,
  options: {
    readonly seed: number;
    readonly user: string;
    readonly names: readonly string[];
  },
): Record<string, ApiToken> {
  const random = createRandom(options.seed ^ 0x70656e);
  const tokens: Record<string, ApiToken> = {};
  for (const name of options.names) {
    const token = { id: `${options.user}!${name}`, secret: randomUuid(random) };
    access.identities.setToken(token.id, { secret: token.secret });
    tokens[name] = token;
  }
  return tokens;
}
