import type { Handlers } from "../contract/endpoints.ts";
import { snapshotView } from "../world/config_view.ts";
import {
  createSnapshot,
  deleteSnapshot,
  describeSnapshot,
  rollback,
  snapshotRows,
} from "../world/snapshots.ts";
import type { World } from "../world/world.ts";

type SnapshotHandlers = Pick<
  Handlers,
  | "GET /nodes/{node}/lxc/{vmid}/snapshot"
  | "POST /nodes/{node}/lxc/{vmid}/snapshot"
  | "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}"
  | "DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}"
  | "POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback"
  | "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config"
  | "PUT /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config"
>;

/** Snapshots (FACTS §3.7). */
export function snapshotHandlers(world: World): SnapshotHandlers {
  return {
    "GET /nodes/{node}/lxc/{vmid}/snapshot": ({ vmid }) => snapshotRows(world.guest(vmid)),
    "POST /nodes/{node}/lxc/{vmid}/snapshot": (params, { identity }) => {
      const { vmid, snapname, description = "" } = params;
      return createSnapshot(world, { vmid, snapname, description, user: identity.full });
    },
    "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}": () => [
      { cmd: "rollback" },
      { cmd: "config" },
    ],
    "DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}": (params, { identity }) => {
      const { vmid, snapname, force = false } = params;
      return deleteSnapshot(world, { vmid, snapname, force, user: identity.full });
    },
    "POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback": (params, { identity }) => {
      const { vmid, snapname, start = false } = params;
      return rollback(world, { vmid, snapname, start, user: identity.full });
    },
    "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config": ({ vmid, snapname }) =>
      snapshotView(world.guest(vmid).config, snapname),
    "PUT /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config": async (params) => {
      const { vmid, snapname, description } = params;
      await describeSnapshot(world, { vmid, snapname, description });
      return null;
    },
  };
}
