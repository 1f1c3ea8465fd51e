import { failure } from "../pve_error.ts";
import { applyPending, firstMissingBridge } from "./config_apply.ts";
import { durations } from "./durations.ts";
import type { Guest } from "./guest.ts";
import { MOUNT_KEY, parseMountPoint } from "./mount_point.ts";
import { isTrue, parseProperties } from "./property_string.ts";
import { storageOf } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/**
 * Starts a container, inside a task and under its lock file (FACTS §3.6): pending changes are
 * applied first, then its volumes are activated, then it comes up.
 *
 * @throws {PveError} with Proxmox's text, when it does not
 */
export async function startGuest(world: World, vmid: number, worker: Worker): Promise<void> {
  const guest = world.guest(vmid);
  if (guest.config.options.get("template") === "1") {
    throw failure("you can't start a CT if it's a template");
  }
  world.checkLock(guest, ["mounted"]);
  applyBeforeStart(world, guest);
  checkVolumes(world, guest);
  const missing = firstMissingBridge(world, guest.config);
  if (missing !== undefined) throw failure(`bridge '${missing}' does not exist`);
  const entrypoint = guest.config.options.get("entrypoint");
  if (entrypoint !== undefined && entrypoint.startsWith("/no/")) {
    await worker.work(durations.start / 4);
    worker.print(
      "sync_wait: 34 An error occurred in another process (expected sequence number 7)",
      `__lxc_start: 2107 Failed to spawn container "${vmid}"`,
    );
    throw failure(`startup for container '${vmid}' failed`);
  }
  warnOfSystem(guest, worker);
  await worker.work(durations.start);
  runGuest(world, guest);
}

/** The guest as it is once it runs. */
export function runGuest(world: World, guest: Guest): void {
  guest.paused = false;
  guest.running = {
    pid: world.tasks.nextPid(),
    since: world.clock.now(),
    memory: guest.inside.appetite,
    netin: 0,
    netout: 0,
  };
}

function applyBeforeStart(world: World, guest: Guest): void {
  if (guest.config.pending.size === 0) return;
  const { file, errors } = applyPending(world, guest, guest.config, { running: false });
  const [first] = Object.values(errors);
  if (first !== undefined) throw failure(first.trimEnd());
  guest.config = file;
}

/** @throws {PveError} when a storage is out of reach or a volume is not there */
export function checkVolumes(world: World, guest: Guest): void {
  for (const [key, text] of guest.config.options) {
    if (!MOUNT_KEY.test(key)) continue;
    const mount = parseMountPoint(key, text);
    if (mount.type !== "volume") continue;
    world.storage(storageOf(mount.volume)).activate();
    const volume = world.volume(mount.volume);
    if (volume === undefined || volume.missing) {
      throw failure(`volume '${mount.volume}' does not exist`);
    }
  }
}

/** An operating system newer than Proxmox, a systemd that wants to nest and may not (FACTS §2.4). */
function warnOfSystem(guest: Guest, worker: Worker): void {
  const ostype = guest.config.options.get("ostype") ?? "unmanaged";
  const { systemd, warning } = guest.inside;
  if (warning !== undefined) worker.warn(warning);
  if (systemd === undefined || ostype === "unmanaged") return;
  const features = parseProperties(guest.config.options.get("features") ?? "");
  if (systemd > 241 && !isTrue(features.get("nesting"))) {
    worker.warn(`Systemd ${systemd} detected. You may need to enable nesting.`);
  }
}
