import type { AccessControl } from "../access/access_control.ts";
import { permissionsHandlers } from "../access/permissions_handlers.ts";
import type { Handlers } from "../contract/endpoints.ts";
import type { World } from "../world/world.ts";
import { clusterHandlers } from "./cluster.ts";
import { configPutHandlers } from "./config_put.ts";
import { contentHandlers } from "./content.ts";
import { guestReadHandlers } from "./guest_reads.ts";
import { lifecycleHandlers } from "./lifecycle.ts";
import { nodeHandlers } from "./node.ts";
import { powerHandlers } from "./power.ts";
import { snapshotHandlers } from "./snapshots.ts";
import { storageHandlers } from "./storages.ts";
import { taskHandlers } from "./tasks.ts";
import { volumeHandlers } from "./volumes.ts";
import { vzdumpHandlers } from "./vzdump.ts";

/** Every endpoint's handler over one world. */
export function createHandlers(world: World, access: AccessControl): Handlers {
  return {
    ...permissionsHandlers(access),
    ...clusterHandlers(world),
    ...lifecycleHandlers(world),
    ...nodeHandlers(world),
    ...guestReadHandlers(world),
    ...configPutHandlers(world),
    ...contentHandlers(world),
    ...volumeHandlers(world),
    ...vzdumpHandlers(world),
    ...powerHandlers(world),
    ...snapshotHandlers(world),
    ...storageHandlers(world),
    ...taskHandlers(world),
  };
}
