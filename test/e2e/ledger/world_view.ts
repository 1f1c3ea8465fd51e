import * as z from "zod";

const guest = z.object({
  vmid: z.int(),
  name: z.string(),
  status: z.enum(["running", "stopped"]),
  lock: z.string().nullable(),
  options: z.record(z.string(), z.string()),
  pending: z.record(z.string(), z.string()),
  snapshots: z.array(z.string()).readonly(),
});
const file = z.object({
  kind: z.string(),
  volid: z.string(),
  vmid: z.int().optional(),
  size: z.int().optional(),
});
/** A running one says `RUNNING`. */
const task = z.object({
  upid: z.string(),
  type: z.string(),
  id: z.string(),
  starttime: z.int(),
  status: z.string(),
});
const worldView = z.object({
  guests: z.array(guest).readonly(),
  storages: z.array(z.object({ storage: z.string(), files: z.array(file).readonly() })).readonly(),
  tasks: z.array(task).readonly(),
});

/** What stands on the simulated host, as it says itself, of what a comparison looks at. */
export type WorldView = z.infer<typeof worldView>;
export type WorldGuest = WorldView["guests"][number];
export type WorldFile = WorldView["storages"][number]["files"][number];
export type WorldTask = WorldView["tasks"][number];

/**
 * Reads what `Pve.snapshot` or the admin face's `GET /state` gave.
 *
 * @throws {z.ZodError} when it is something else
 */
export function parseWorld(state: unknown): WorldView {
  return worldView.parse(state);
}

/** A guest's backups. */
export function backupsOf(world: WorldView, vmid: number): WorldFile[] {
  return world.storages.flatMap(({ files }) => files)
    .filter((each) => each.kind === "backup" && each.vmid === vmid);
}
