import { withOptions } from "./config_change.ts";
import { configLockPath } from "./file_locks.ts";
import { halt } from "./power.ts";
import { storageOf } from "./volume.ts";
import type { TaskFate } from "./worker.ts";
import type { World } from "./world.ts";

/** What can be made to go wrong in a world. The network's own faults are the wire's business. */
export type WorldFault =
  /** The next tasks of that type and guest stand still, fail or warn. */
  | {
    readonly kind: "task";
    readonly fate: TaskFate;
    /** Any, when absent. */
    readonly type?: string;
    readonly vmid?: number;
    /** @default {1} */
    readonly times?: number;
    /**
     * Part of the matching tasks that it hits, decided by the world's seed.
     * @default {1}
     */
    readonly chance?: number;
  }
  /** Something befalls the world while the next task about that guest is at its work. */
  | {
    readonly kind: "during-task";
    readonly vmid: number;
    readonly fault: Exclude<WorldFault, { readonly kind: "during-task" }>;
  }
  /** `systemctl restart pvedaemon`: every running task is killed (FACTS §1.5). */
  | { readonly kind: "restart-daemon" }
  /** The guest and its file are gone, as if moved to another node; its volumes stay. */
  | { readonly kind: "vanish"; readonly vmid: number }
  /** The guest dies by itself. */
  | { readonly kind: "crash"; readonly vmid: number }
  /** Whether the guest ignores requests to shut down. */
  | { readonly kind: "stubborn"; readonly vmid: number; readonly stubborn: boolean }
  /** Somebody else changes the configuration. */
  | {
    readonly kind: "change-config";
    readonly vmid: number;
    /** `null` removes an option. */
    readonly set: Readonly<Record<string, string | null>>;
  }
  /** Sets the config property `lock`, or clears it as `pct unlock` does. */
  | { readonly kind: "lock"; readonly vmid: number; readonly lock: string | null }
  /** Something outside holds the guest's lock file. */
  | { readonly kind: "hold-lock-file"; readonly vmid: number; readonly ms: number }
  /** Whatever outside holds it lets go of it. */
  | { readonly kind: "free-lock-file"; readonly vmid: number }
  /** Fills a storage until so many bytes are left. */
  | { readonly kind: "fill"; readonly storage: string; readonly leave: number }
  | { readonly kind: "unmount" | "remount"; readonly storage: string }
  /** The disk is gone from its storage, and the configuration does not know. */
  | { readonly kind: "lose-volume"; readonly volid: string }
  /** The archive ends too early. */
  | { readonly kind: "truncate-backup"; readonly volid: string };

/**
 * Makes something go wrong.
 *
 * @throws {PveError} when what it is about does not exist
 */
export function injectFault(world: World, fault: WorldFault): void {
  switch (fault.kind) {
    case "task":
      return addTaskFault(world, fault);
    case "during-task": {
      const befalls = () => injectFault(world, fault.fault);
      return addTaskFault(world, {
        kind: "task",
        vmid: fault.vmid,
        fate: { kind: "meets", befalls },
      });
    }
    case "restart-daemon":
      return world.tasks.killAll();
    case "vanish":
      halt(world, world.guest(fault.vmid).vmid);
      world.guests.delete(fault.vmid);
      return;
    case "crash":
      return halt(world, world.guest(fault.vmid).vmid);
    case "stubborn": {
      const guest = world.guest(fault.vmid);
      guest.inside = { ...guest.inside, temperament: fault.stubborn ? "stubborn" : "obedient" };
      return;
    }
    case "change-config": {
      const guest = world.guest(fault.vmid);
      const changes = Object.entries(fault.set).map(([key, value]) => [key, value ?? undefined]);
      guest.config = withOptions(guest.config, Object.fromEntries(changes));
      return;
    }
    case "lock":
      return world.setLock(world.guest(fault.vmid).vmid, fault.lock ?? undefined);
    case "hold-lock-file":
      return holdLockFile(world, fault.vmid, fault.ms);
    case "free-lock-file":
      return holdersOf(world).get(fault.vmid)?.abort();
    case "fill": {
      const storage = world.storage(fault.storage);
      storage.ballast += Math.max(0, storage.available - fault.leave);
      return;
    }
    case "unmount":
      return world.storage(fault.storage).unmount();
    case "remount":
      return world.storage(fault.storage).remount();
    case "lose-volume": {
      const volume = world.volume(fault.volid);
      if (volume !== undefined) volume.missing = true;
      return;
    }
    case "truncate-backup": {
      const backup = world.storage(storageOf(fault.volid)).backup(fault.volid);
      if (backup !== undefined) backup.truncated = true;
      return;
    }
  }
}

function addTaskFault(world: World, fault: Extract<WorldFault, { kind: "task" }>): void {
  const { fate, type, vmid, times = 1, chance = 1 } = fault;
  const before = world.tasks.fateOf;
  let left = times;
  world.tasks.fateOf = (startedType, id) => {
    const fits = (type === undefined || type === startedType) &&
      (vmid === undefined || String(vmid) === id || id.startsWith(`${vmid}@`));
    if (!fits || left === 0 || world.random.next() >= chance) return before(startedType, id);
    left--;
    return fate;
  };
}

/** What ends the hold of a guest's lock file, by VMID. */
const HOLDERS = new WeakMap<World, Map<number, AbortController>>();

function holdersOf(world: World): Map<number, AbortController> {
  const known = HOLDERS.get(world) ?? new Map<number, AbortController>();
  HOLDERS.set(world, known);
  return known;
}

function holdLockFile(world: World, vmid: number, ms: number): void {
  const ended = new AbortController();
  holdersOf(world).set(vmid, ended);
  const hold = async () => {
    const release = await world.locks.acquire(configLockPath(vmid), { waitMs: ms });
    if (release === undefined) return;
    await world.clock.sleep(ms, ended.signal).catch(() => {});
    release();
  };
  void hold();
}
