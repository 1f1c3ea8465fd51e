import type { Pool } from "../access/pools.ts";
import type { Handlers } from "../contract/endpoints.ts";
import { badParameters, failure } from "../pve_error.ts";
import { clusterTaskRow } from "../world/task_rows.ts";
import { guestResource } from "../world/guest_rows.ts";
import { nodeResource } from "../world/node_rows.ts";
import { storageResource } from "../world/storage_rows.ts";
import type { World } from "../world/world.ts";

type ClusterHandlers = Pick<
  Handlers,
  | "GET /cluster/resources"
  | "GET /cluster/tasks"
  | "GET /cluster/nextid"
  | "GET /cluster/backup"
  | "GET /pools"
>;

/** Rows that `GET /cluster/tasks` tells of at most: what 32 KiB a node hold (FACTS §2.5). */
const RECENT_TASKS = 25;

/** What belongs to no node (FACTS §2.5, §3.1, §3.2). */
export function clusterHandlers(world: World): ClusterHandlers {
  return {
    "GET /cluster/resources": ({ type }, { access }) => {
      const rows: Record<string, unknown>[] = [];
      if (type === undefined || type === "vm") {
        for (const guest of world.guests.values()) {
          if (access.allows(`/vms/${guest.vmid}`, ["VM.Audit"])) {
            rows.push(guestResource(world, guest));
          }
        }
      }
      if (type === undefined || type === "node") {
        const audited = access.allows(`/nodes/${world.node.name}`, ["Sys.Audit"]);
        rows.push({ ...nodeResource(world, audited), "cgroup-mode": 1 });
      }
      if (type === undefined || type === "storage") {
        for (const storage of world.storages.values()) {
          if (storage.enabled && access.allows(`/storage/${storage.id}`, ["Datastore.Audit"])) {
            rows.push(storageResource(storage, world.node.name));
          }
        }
      }
      if (type === undefined) {
        for (const { id } of world.pools.all()) {
          if (access.allows(`/pool/${id}`, ["Pool.Audit"])) {
            rows.push({ id: `/pool/${id}`, type: "pool", pool: id });
          }
        }
      }
      return rows;
    },
    // The owner is split from its token before it is compared with the whole id: without
    // Sys.Audit on / a token sees nothing (FACTS §2.5).
    "GET /cluster/tasks": (_params, { access }) =>
      access.allows("/", ["Sys.Audit"])
        ? world.tasks.all().toReversed().slice(0, RECENT_TASKS).map(clusterTaskRow)
        : [],
    "GET /cluster/nextid": ({ vmid }) => {
      if (vmid !== undefined) {
        if (world.guests.has(vmid)) throw badParameters({ vmid: `VM ${vmid} already exists` });
        return String(vmid);
      }
      for (let id = 100; id < 1_000_000; id++) if (!world.guests.has(id)) return String(id);
      throw failure("unable to get any free VMID in range [100, 1000000]");
    },
    "GET /cluster/backup": () => [],
    "GET /pools": ({ poolid }, { access }) => {
      const rows: Record<string, unknown>[] = [];
      for (const pool of world.pools.all()) {
        if (poolid !== undefined && pool.id !== poolid) continue;
        if (!access.allows(`/pool/${pool.id}`, ["Pool.Audit"])) continue;
        const { id, comment } = pool;
        const row = { poolid: id, ...(comment === undefined ? {} : { comment }) };
        rows.push(poolid === undefined ? row : { ...row, members: members(world, pool) });
      }
      if (poolid !== undefined && rows.length === 0) {
        throw failure(`pool '${poolid}' does not exist`);
      }
      return rows;
    },
  };
}

function members(world: World, pool: Pool): Record<string, unknown>[] {
  const guests = [...pool.guests].flatMap((vmid) => world.guests.get(vmid) ?? []);
  const storages = [...pool.storages].flatMap((name) => world.storages.get(name) ?? []);
  return [
    ...guests.map((guest) => guestResource(world, guest)),
    ...storages.map((storage) => storageResource(storage, world.node.name)),
  ];
}
