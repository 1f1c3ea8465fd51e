import type { Params, Result } from "../../privileged/protocol.ts";
import { callHelper, type CallOptions, type HelperLink } from "./call.ts";

/** A mutation names the operation of the journal that it is done for; both sides log it. */
export type MutationOptions = CallOptions & { readonly operation: string };

/** What can be changed through the helper. Errors are those of {@linkcode callHelper}. */
export interface HelperMutations {
  /** Makes the container of the golden image; answers with its configuration. */
  createGolden(
    params: Params<"golden.create">,
    options: MutationOptions,
  ): Promise<Result<"golden.create">>;
  /** Mounts an enrolled disk by the UUID of its filesystem; does nothing when it is mounted. */
  mountDisk(uuid: string, options: MutationOptions): Promise<Result<"disk.mount">>;
  /** Unmounts an enrolled disk; does nothing when it is not mounted. */
  unmountDisk(uuid: string, options: MutationOptions): Promise<Result<"disk.unmount">>;
}

/** The changing half of the helper's client, for `daemon/wiring.ts` alone. */
export function createHelperMutations(link: HelperLink): HelperMutations {
  return {
    createGolden: (params, options) => callHelper(link, { op: "golden.create", params }, options),
    mountDisk: (uuid, options) => callHelper(link, { op: "disk.mount", params: { uuid } }, options),
    unmountDisk: (uuid, options) =>
      callHelper(link, { op: "disk.unmount", params: { uuid } }, options),
  };
}
