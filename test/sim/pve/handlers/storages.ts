import type { CallerAccess } from "../call_context.ts";
import type { Handlers } from "../contract/endpoints.ts";
import { badParameters } from "../pve_error.ts";
import type { Storage } from "../world/storage.ts";
import { storageConfig, storageRow, storageStatus } from "../world/storage_rows.ts";
import { splitList } from "../world/text_forms.ts";
import type { World } from "../world/world.ts";

type StorageHandlers = Pick<
  Handlers,
  | "GET /storage"
  | "GET /storage/{storage}"
  | "GET /nodes/{node}/storage"
  | "GET /nodes/{node}/storage/{storage}/status"
>;

/** Storages as such (FACTS §5). */
export function storageHandlers(world: World): StorageHandlers {
  function listed(access: CallerAccess): Storage[] {
    return [...world.storages.values()].filter((storage) => mayList(access, storage.id));
  }
  return {
    "GET /storage": ({ type }, { access }) =>
      listed(access).filter((storage) => type === undefined || storage.type.name === type)
        .map((storage) => storageConfig(world, storage)),
    "GET /storage/{storage}": ({ storage }) => storageConfig(world, world.storage(storage)),
    "GET /nodes/{node}/storage": ({ content, enabled, storage: only }, { access }) => {
      const wanted = content === undefined ? [] : splitList(content);
      return listed(access)
        .filter((storage) => only === undefined || storage.id === only)
        .filter((storage) => enabled !== true || storage.enabled)
        .filter((storage) => wanted.length === 0 || wanted.some((each) => storage.holds(each)))
        .map(storageRow);
    },
    "GET /nodes/{node}/storage/{storage}/status": ({ storage: id }) => {
      const storage = world.storages.get(id);
      if (storage === undefined) throw badParameters({ storage: "No such storage." });
      return storageStatus(storage);
    },
  };
}

/** Either of the two privileges shows a storage. */
export function mayList(access: CallerAccess, storage: string): boolean {
  const privileges = ["Datastore.Audit", "Datastore.AllocateSpace"];
  return access.allows(`/storage/${storage}`, privileges, { any: true });
}
