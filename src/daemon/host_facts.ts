import {
  type HostFacts,
  readSignerSets,
  type Role,
  signersInForce,
  type SignerText,
} from "../authz/mod.ts";
import type { Config } from "../config/mod.ts";
import type { StateReader } from "../state/mod.ts";

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
 * @throws {SignersError} for signers that cannot be used; those of reading the state
 */
export function hostFacts(
  { proxmox, operations, signers }: SigningConfig,
  state: Pick<StateReader, "instances" | "signers" | "timeMark">,
  now: number,
): HostFacts {
  const inForce = (role: Role): SignerText => {
    const { path: file, text } = signers[role];
    const stored = state.signers.current(role);
    return signersInForce(
      stored === undefined
        ? undefined
        : { ...stored, text: stored.content, file: `the ${role} signers of the state` },
      { file, text },
    );
  };
  const { id: instance, doubt } = state.instances.current();
  return {
    host: proxmox.node,
    instance,
    stateBehind: doubt !== null,
    now,
    timeMark: state.timeMark.get() ?? 0,
    longestLifetime: operations.longestLifetime,
    signers: readSignerSets({
      operational: inForce("operational"),
      recovery: inForce("recovery"),
    }),
    thresholds: operations.thresholds,
  };
}
