import type { Handlers } from "../contract/endpoints.ts";
import { badParameters } from "../pve_error.ts";
import { cloneGuest } from "../world/clone.ts";
import { moveVolume } from "../world/move_volume.ts";
import { resizeDisk } from "../world/resize.ts";
import type { World } from "../world/world.ts";

type VolumeHandlers = Pick<
  Handlers,
  | "PUT /nodes/{node}/lxc/{vmid}/resize"
  | "POST /nodes/{node}/lxc/{vmid}/move_volume"
  | "POST /nodes/{node}/lxc/{vmid}/clone"
>;

/** What copies and grows disks (FACTS §3.5). */
export function volumeHandlers(world: World): VolumeHandlers {
  return {
    "PUT /nodes/{node}/lxc/{vmid}/resize": ({ vmid, disk, size, digest }, { identity }) =>
      resizeDisk(world, { vmid, disk, size, digest, user: identity.full }),
    "POST /nodes/{node}/lxc/{vmid}/move_volume": (params, { access, identity }) => {
      const { vmid, volume, storage } = params;
      if (storage === undefined) {
        throw badParameters({ storage: "property is missing and it is not optional" });
      }
      access.check(`/storage/${storage}`, ["Datastore.AllocateSpace"]);
      world.storage(storage).activate();
      return moveVolume(world, {
        vmid,
        user: identity.full,
        name: volume,
        storage,
        remove: params.delete ?? false,
      });
    },
    "POST /nodes/{node}/lxc/{vmid}/clone": (params, { access, identity }) =>
      cloneGuest(world, {
        vmid: params.vmid,
        newid: params.newid,
        user: identity.full,
        access,
        storage: params.storage,
        snapname: params.snapname,
        hostname: params.hostname,
        description: params.description,
        pool: params.pool,
      }),
  };
}
