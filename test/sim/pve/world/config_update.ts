import { badParameters, failure } from "../pve_error.ts";
import { applyPending, firstMissingBridge } from "./config_apply.ts";
import { type ConfigRequest, stageChanges } from "./config_stage.ts";
import { guestDigest } from "./guest.ts";
import type { World } from "./world.ts";

/**
 * `PUT config` below the permission check (FACTS §3.5): under the guest's lock file, digest first,
 * then stage, apply, write. **A missing bridge is found after the file was written**, and the call
 * answers 500 all the same (OBSERVED 22).
 *
 * @throws {PveError} 500 with Proxmox's text; 400 with `errors` when applying failed
 */
export async function updateConfig(
  world: World,
  vmid: number,
  request: ConfigRequest & { readonly digest: string | undefined },
): Promise<void> {
  world.guest(vmid);
  await world.withConfigLock(vmid, () => {
    const guest = world.guest(vmid);
    world.checkLock(guest);
    const { digest } = request;
    if (digest !== undefined && digest !== "" && digest !== guestDigest(guest.config)) {
      throw failure(
        "detected modified configuration - file changed by other user? Try again.",
      );
    }
    const staged = stageChanges(vmid, guest.config, request);
    const running = guest.running !== undefined;
    const { file, errors } = applyPending(world, guest, staged, { running });
    if (Object.keys(errors).length > 0) throw badParameters(errors);
    guest.config = file;
    const missing = firstMissingBridge(world, file);
    if (missing !== undefined) throw failure(`bridge '${missing}' does not exist`);
  });
}
