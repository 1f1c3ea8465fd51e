import {
  type HostFacts,
  type InForce,
  readInForce,
  type Role,
  signersInForce,
} from "../authz/mod.ts";
import type { Config } from "../config/mod.ts";
import type { StateReader } from "../state/mod.ts";
import { barredKeys, storedSigners } from "./stored_signers.ts";

/** What of the configuration signed documents are held against. */
export type SigningConfig = Pick<Config, "operations" | "signers"> & {
  readonly proxmox: Pick<Config["proxmox"], "node">;
};

/**
 * What signed documents are held against on this host: the configuration, and what the state says of
 * instance, time and signers.
 *
 * @param state the daemon's own, or one opened to read
 * @param now epoch milliseconds
 * @throws {FelhomError} `authz.signers_invalid`, `authz.key_barred` for signers that cannot be used;
 * those of reading the state
 */
export function hostFacts(
  { proxmox, operations, signers }: SigningConfig,
  state: Pick<StateReader, "instances" | "signers" | "timeMark">,
  now: number,
): HostFacts {
  const { signersFloor, revokedKeys } = operations;
  const inForce = (role: Role): InForce => {
    const { path: file, text } = signers[role];
    return signersInForce(storedSigners(state, role), { file, text }, signersFloor[role]);
  };
  const { id: instance, doubt } = state.instances.current();
  return {
    host: proxmox.node,
    instance,
    stateBehind: doubt !== null,
    now,
    timeMark: state.timeMark.get() ?? 0,
    longestLifetime: operations.longestLifetime,
    longestLifetimeDataLoss: operations.longestLifetimeDataLoss,
    signers: readInForce({ operational: inForce("operational"), recovery: inForce("recovery") }, {
      revoked: revokedKeys,
      barred: () => barredKeys(state, operations),
    }),
    signersFloor,
    revokedKeys,
    thresholds: operations.thresholds,
  };
}
