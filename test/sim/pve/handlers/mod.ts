import type { AccessControl } from "../access/access_control.ts";
import { permissionsHandlers } from "../access/permissions_handlers.ts";
import type { Handlers } from "../contract/endpoints.ts";
import { stubHandlers } from "../stub_handlers.ts";
import type { World } from "../world/world.ts";
import { clusterHandlers } from "./cluster.ts";
import { configPutHandlers } from "./config_put.ts";
import { guestReadHandlers } from "./guest_reads.ts";
import { nodeHandlers } from "./node.ts";
import { powerHandlers } from "./power.ts";
import { snapshotHandlers } from "./snapshots.ts";
import { storageHandlers } from "./storages.ts";
import { taskHandlers } from "./tasks.ts";

/** Every endpoint's handler over one world. */
export function createHandlers(world: World, access: AccessControl): Handlers {
  return {
    ...stubHandlers(),
    ...permissionsHandlers(access),
    ...clusterHandlers(world),
    ...nodeHandlers(world),
    ...guestReadHandlers(world),
    ...configPutHandlers(world),
    ...powerHandlers(world),
    ...snapshotHandlers(world),
    ...storageHandlers(world),
    ...taskHandlers(world),
  };
}
