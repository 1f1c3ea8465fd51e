/**
 * Everything that changes something through the helper. Imported by `daemon/wiring.ts` only. Each
 * call begins by using up a permit of the gate, and what it does is what the permit's action says.
 */
import type { Result } from "../../privileged/protocol.ts";
import { type Permit, redeem } from "../gate/mod.ts";
import { callHelper, type CallOptions, type HelperLink } from "./call.ts";

/** A mutation names the operation of the journal that it is done for; both sides log it. */
export type MutationOptions = CallOptions & { readonly operation: string };

/**
 * What can be changed through the helper, each on a permit for exactly that. Errors are `permit.*`
 * before anything is sent, and those of {@linkcode callHelper}.
 */
export interface HelperMutations {
  /** Makes the container of the golden image; answers with its configuration. */
  createGolden(permit: Permit, options: MutationOptions): Promise<Result<"golden.create">>;
  /** Mounts an enrolled disk by the UUID of its filesystem; does nothing when it is mounted. */
  mountDisk(permit: Permit, options: MutationOptions): Promise<Result<"disk.mount">>;
  /** Unmounts an enrolled disk; does nothing when it is not mounted. */
  unmountDisk(permit: Permit, options: MutationOptions): Promise<Result<"disk.unmount">>;
}

/** The changing half of the helper's client. */
export function createHelperMutations(link: HelperLink): HelperMutations {
  return {
    async createGolden(permit, options) {
      const { guest: vmid, params } = redeem(permit, "golden.create");
      return await callHelper(link, { op: "golden.create", params: { vmid, ...params } }, options);
    },
    async mountDisk(permit, options) {
      const { params } = redeem(permit, "disk.mount");
      return await callHelper(link, { op: "disk.mount", params }, options);
    },
    async unmountDisk(permit, options) {
      const { params } = redeem(permit, "disk.unmount");
      return await callHelper(link, { op: "disk.unmount", params }, options);
    },
  };
}
