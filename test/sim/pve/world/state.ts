import { guestDigest, guestName, lockOf } from "./guest.ts";
import { exitStatus } from "./tasks.ts";
import type { World } from "./world.ts";

/** The whole world as JSON, for tests and for who wants to look into the simulator. */
export function worldState(world: World): Record<string, unknown> {
  return {
    node: world.node.name,
    now: world.clock.now(),
    guests: [...world.guests.values()].map((guest) => ({
      vmid: guest.vmid,
      name: guestName(guest),
      status: guest.running === undefined ? "stopped" : "running",
      lock: lockOf(guest) ?? null,
      digest: guestDigest(guest.config),
      options: Object.fromEntries(guest.config.options),
      pending: Object.fromEntries(guest.config.pending),
      snapshots: [...guest.config.snapshots.keys()],
      inside: guest.inside,
    })),
    storages: [...world.storages.values()].map((storage) => ({
      storage: storage.id,
      active: storage.active,
      used: storage.used,
      available: storage.available,
      files: [...storage.files.values()].map((file) =>
        file.kind === "backup"
          ? {
            ...file,
            config: Object.fromEntries(file.config.options),
            content: Object.fromEntries(file.content),
          }
          : file
      ),
    })),
    // As they are: the list of the API may show one as running that has just ended.
    tasks: world.tasks.all().map((task) => {
      const { upid, type, id, user, starttime } = task;
      const status = task.ended === undefined ? "RUNNING" : exitStatus(task);
      return { upid, type, id, user, starttime, status };
    }),
    logs: Object.fromEntries(
      world.tasks.all().slice(-100).map((task) => [
        task.upid,
        { exitstatus: task.ended === undefined ? null : exitStatus(task), log: [...task.log] },
      ]),
    ),
  };
}
