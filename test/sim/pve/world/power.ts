import { failure } from "../pve_error.ts";
import { durations } from "./durations.ts";
import { startGuest } from "./guest_start.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/**
 * Power actions. Whether the guest runs is asked at once; the config lock only inside the task
 * (FACTS §3.6, OBSERVED 16). Each answers the UPID of its task.
 */
export interface PowerRequest {
  readonly vmid: number;
  /** Full id of the caller. */
  readonly user: string;
}

/** @throws {PveError} `CT 101 already running` */
export function start(world: World, { vmid, user }: PowerRequest): string {
  if (world.isRunning(vmid)) throw failure(`CT ${vmid} already running`);
  return world.tasks.fork({ type: "vzstart", id: String(vmid), user }, (worker) => {
    return worker.withConfigLock(vmid, async () => {
      if (world.isRunning(vmid)) return;
      await startGuest(world, vmid, worker);
    });
  });
}

/**
 * Kills the guest. With `overrule` own running shutdowns are aborted first.
 *
 * @throws {PveError} `CT 101 not running`
 */
export function stop(
  world: World,
  { vmid, user, overrule }: PowerRequest & { readonly overrule: boolean },
): string {
  requireRunning(world, vmid);
  return world.tasks.fork({ type: "vzstop", id: String(vmid), user }, async (worker) => {
    if (overrule) overruleShutdowns(world, { vmid, user }, worker);
    await worker.withConfigLock(vmid, async () => {
      world.checkLock(world.guest(vmid), ["mounted"]);
      await worker.work(durations.stop);
      halt(world, vmid);
    });
  });
}

function overruleShutdowns(
  world: World,
  { vmid, user }: PowerRequest,
  worker: Worker,
): void {
  const own = world.tasks.running("vzshutdown", String(vmid)).filter((task) => task.user === user);
  if (own.length === 0) return;
  for (const task of own) void world.tasks.abort(task.upid);
  worker.print(`overruled vzshutdown tasks: ${own.map((task) => task.upid).join(", ")}`);
}

export interface ShutdownRequest extends PowerRequest {
  /** Seconds. */
  readonly timeout: number;
  readonly forceStop: boolean;
}

/** @throws {PveError} `CT 101 not running` */
export function shutdown(world: World, request: ShutdownRequest): string {
  const { vmid, user } = request;
  requireRunning(world, vmid);
  return world.tasks.fork({ type: "vzshutdown", id: String(vmid), user }, (worker) => {
    return worker.withConfigLock(vmid, async () => {
      world.checkLock(world.guest(vmid));
      await bringDown(world, request, worker);
    });
  });
}

/** Asks the guest to go; kills it after the timeout if it may. */
async function bringDown(world: World, request: ShutdownRequest, worker: Worker): Promise<void> {
  const { vmid, timeout, forceStop } = request;
  const guest = world.guest(vmid);
  const mode = forceStop ? "" : " --nokill";
  const command = `lxc-stop -n ${vmid}${mode} --timeout ${timeout}`;
  const needs = guest.inside.temperament === "obedient" && !guest.paused
    ? durations.shutdown
    : Number.POSITIVE_INFINITY;
  if (needs <= timeout * 1000) {
    await worker.run(command, needs);
    halt(world, vmid);
    return;
  }
  try {
    await worker.run(command, timeout * 1000);
  } catch (error) {
    // Interrupted, Proxmox goes on waiting for the guest to stop: only SIGKILL ends that
    // (captures task-stop-delete, task-log-after-stop).
    worker.print(error instanceof Error ? error.message : String(error));
    worker.ignoreInterrupts();
    await worker.hang();
  }
  if (forceStop) {
    await worker.work(durations.stop);
    halt(world, vmid);
    return;
  }
  worker.print(`command '${command}' failed: exit code 1`);
  await worker.work(SETTLE_MS);
  throw failure("container did not stop");
}

/** What Proxmox waits on after `lxc-stop` gave up (captures: 6 s of timeout took 16 s). */
const SETTLE_MS = 10_000;

/** @throws {PveError} `VM 101 not running`, in these words */
export function reboot(
  world: World,
  { vmid, user, timeout }: PowerRequest & { readonly timeout: number },
): string {
  if (!world.isRunning(vmid)) throw failure(`VM ${vmid} not running`);
  return world.tasks.fork({ type: "vzreboot", id: String(vmid), user }, (worker) => {
    return worker.withConfigLock(vmid, async () => {
      world.checkLock(world.guest(vmid));
      await bringDown(world, { vmid, user, timeout, forceStop: true }, worker);
      await startGuest(world, vmid, worker);
    });
  });
}

/** @throws {PveError} `CT 101 not running` */
export function suspend(world: World, { vmid, user }: PowerRequest): string {
  requireRunning(world, vmid);
  return world.tasks.fork({ type: "vzsuspend", id: String(vmid), user }, async (worker) => {
    const guest = world.guest(vmid);
    world.checkLock(guest);
    await worker.work(durations.stop);
    guest.paused = true;
  });
}

/** @throws {PveError} `CT 101 not running` */
export function resume(world: World, { vmid, user }: PowerRequest): string {
  requireRunning(world, vmid);
  return world.tasks.fork({ type: "vzresume", id: String(vmid), user }, async (worker) => {
    const guest = world.guest(vmid);
    world.checkLock(guest);
    await worker.work(durations.stop);
    guest.paused = false;
  });
}

/** The guest is down from here on. */
export function halt(world: World, vmid: number): void {
  const guest = world.guests.get(vmid);
  if (guest === undefined) return;
  guest.peak = Math.max(guest.peak ?? 0, guest.running?.memory ?? 0);
  guest.running = undefined;
  guest.paused = false;
}

function requireRunning(world: World, vmid: number): void {
  if (!world.isRunning(vmid)) throw failure(`CT ${vmid} not running`);
}
