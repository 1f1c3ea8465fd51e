import type { Clock } from "../../../../src/clock.ts";
import type { Pools } from "../access/pools.ts";
import { failure } from "../pve_error.ts";
import { withOptions } from "./config_change.ts";
import type { ConfigFile } from "./config_file.ts";
import { configLockPath, FileLocks } from "./file_locks.ts";
import { type Guest, type Inside, lockOf, PLAIN_INSIDE } from "./guest.ts";
import { type CertificateInfo, localTime, type NodeOptions } from "./node.ts";
import { createRandom, type Random } from "./random.ts";
import type { Storage } from "./storage.ts";
import { Tasks } from "./tasks.ts";
import { storageOf, type Volume } from "./volume.ts";
import { LOCK_WAIT_MS } from "./worker.ts";

/** Things about the host under a world that make some calls fail on it. */
export interface Quirks {
  /** Why a mount point cannot be plugged into a running guest. */
  readonly hotplugMount?: string;
  /** Why a rate limit cannot be put on a running guest's interface. */
  readonly hotplugRate?: (vmid: number, net: string) => string;
}

export interface WorldOptions {
  /** Already scaled. */
  readonly clock: Clock;
  readonly seed: number;
  readonly node: NodeOptions;
  readonly storages: readonly Storage[];
  readonly pools: Pools;
  readonly quirks?: Quirks;
  readonly certificates?: readonly CertificateInfo[];
  /** The process id that was given last before the simulator started. */
  readonly lastPid?: number;
}

/** The host: its guests, storages, tasks and locks. Who may do what is not its business. */
export class World {
  readonly clock: Clock;
  readonly random: Random;
  readonly node: NodeOptions;
  /** Epoch milliseconds. */
  readonly bootedAt: number;
  readonly locks: FileLocks;
  readonly tasks: Tasks;
  readonly guests = new Map<number, Guest>();
  readonly storages: ReadonlyMap<string, Storage>;
  /** Kept by access control, which pools give rights to. */
  readonly pools: Pools;
  readonly bridges: Set<string>;
  readonly quirks: Quirks;
  certificates: readonly CertificateInfo[];
  /** Told when a guest is destroyed, so that ACLs on it go too (FACTS §3.8). */
  onDestroyed: (vmid: number) => void = () => {};

  constructor(options: WorldOptions) {
    this.clock = options.clock;
    this.random = createRandom(options.seed);
    this.node = options.node;
    this.bootedAt = options.clock.now() - options.node.uptime * 1000;
    this.locks = new FileLocks(options.clock);
    this.tasks = new Tasks({
      clock: options.clock,
      locks: this.locks,
      random: this.random,
      node: options.node.name,
      bootedAt: this.bootedAt,
      lastPid: options.lastPid ?? 5_000,
    });
    this.pools = options.pools;
    this.storages = new Map(options.storages.map((storage) => [storage.id, storage]));
    this.bridges = new Set(options.node.bridges);
    this.quirks = options.quirks ?? {};
    this.certificates = options.certificates ?? [];
  }

  /** Epoch seconds of the node. */
  get epoch(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** The node's local date and time. */
  localTime(): { readonly date: string; readonly time: string } {
    return localTime(this.node.timezone, this.clock.now());
  }

  /** Bytes of memory in use: the host's own and its guests'. */
  get memoryUsed(): number {
    let used = this.node.memoryUsed;
    for (const guest of this.guests.values()) used += guest.running?.memory ?? 0;
    return used;
  }

  /** @throws {PveError} when there is no such guest (OBSERVED 12) */
  guest(vmid: number): Guest {
    const guest = this.guests.get(vmid);
    if (guest === undefined) {
      throw failure(
        `Configuration file 'nodes/${this.node.name}/lxc/${vmid}.conf' does not exist`,
      );
    }
    return guest;
  }

  isRunning(vmid: number): boolean {
    return this.guests.get(vmid)?.running !== undefined;
  }

  /** @throws {PveError} `CT is locked (…)` (FACTS §3.6) */
  checkLock(guest: Guest, allowed: readonly string[] = []): void {
    const lock = lockOf(guest);
    if (lock !== undefined && !allowed.includes(lock)) throw failure(`CT is locked (${lock})`);
  }

  /** Sets or clears the config property `lock`; a guest that is gone is left alone. */
  setLock(vmid: number, lock: string | undefined): void {
    const guest = this.guests.get(vmid);
    if (guest !== undefined) guest.config = withOptions(guest.config, { lock });
  }

  /**
   * Runs `body` under the guest's lock file within a call, not a task (FACTS §3.6).
   *
   * @throws {PveError} `can't lock file … - got timeout`
   */
  async withConfigLock<T>(
    vmid: number,
    body: () => Promise<T> | T,
    waitMs = LOCK_WAIT_MS,
  ): Promise<T> {
    const path = configLockPath(vmid);
    const release = await this.locks.acquire(path, { waitMs });
    if (release === undefined) throw failure(`can't lock file '${path}' - got timeout`);
    try {
      return await body();
    } finally {
      release();
    }
  }

  /** @throws {PveError} `storage 'x' does not exist` (FACTS §5) */
  storage(id: string): Storage {
    const storage = this.storages.get(id);
    if (storage === undefined) throw failure(`storage '${id}' does not exist`);
    return storage;
  }

  /** A guest's disk, wherever it lies. */
  volume(volid: string): Volume | undefined {
    return this.storages.get(storageOf(volid))?.volume(volid);
  }

  /** Puts a guest into the world as it is. */
  addGuest(vmid: number, config: ConfigFile, inside: Partial<Inside> = {}): Guest {
    const guest: Guest = {
      vmid,
      config,
      running: undefined,
      inside: { ...PLAIN_INSIDE, ...inside },
      paused: false,
    };
    this.guests.set(vmid, guest);
    return guest;
  }
}
