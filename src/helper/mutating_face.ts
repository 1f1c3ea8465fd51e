import type { Result } from "../../privileged/protocol.ts";
import type { Permit } from "../gate/mod.ts";
import type { CallOptions } from "./call.ts";

/** A mutation names the operation of the journal that it is done for; both sides log it. */
export type MutationOptions = CallOptions & { readonly operation: string };

/**
 * What can be changed through the helper, each on a permit for exactly that. Each call answers when
 * it is done. Errors are `permit.*` before anything is sent, and those of {@linkcode callHelper}.
 */
export interface HelperMutations {
  /** Makes the container of the golden image; answers with its configuration. */
  createGolden(permit: Permit, options: MutationOptions): Promise<Result<"golden.create">>;
  /** Mounts an enrolled disk by the UUID of its filesystem; does nothing when it is mounted. */
  mountDisk(permit: Permit, options: MutationOptions): Promise<Result<"disk.mount">>;
  /** Unmounts an enrolled disk; does nothing when it is not mounted. */
  unmountDisk(permit: Permit, options: MutationOptions): Promise<Result<"disk.unmount">>;
}
