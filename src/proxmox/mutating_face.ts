import type { Permit } from "../gate/mod.ts";
import type { CallOptions } from "./transport.ts";
import type { Upid } from "./upid.ts";

/** What is written before a destroy. */
export interface DestroyGuard {
  /** Of the configuration that was checked: Proxmox refuses when it changed since. */
  readonly digest: string;
  /** Its `onboot`, which is written back as it is. */
  readonly onboot: boolean;
}

/**
 * What can be done to the guests of one node, each on a permit for exactly that: guest and
 * parameters are those of the permit's action, and no caller can choose others. Each call answers
 * with the id of the task that it started, or with null when there is none (FACTS §2.2); that it
 * answers does not mean the work is done, nor that it will succeed.
 *
 * All of them throw `permit.*` before anything is sent, and {@linkcode ApiError} and
 * {@linkcode TransportError}; with `retry` "unknown" it has to be found out what happened before
 * anything is repeated. What no token may do throws `proxmox.root_only` before anything is sent.
 */
export interface Mutations {
  /** Needs VM.PowerMgmt, as the next three. */
  start(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Whether it is killed when it does not go down in time is said by the action. */
  shutdown(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Kills the guest. */
  stop(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Kills the guest when it does not go down in time, and applies what is pending. */
  restart(permit: Permit, call?: CallOptions): Promise<Upid>;
  /**
   * Changes settings. **Null does not mean applied**: look at what is pending (FACTS §3.5); and a
   * failure does not mean unchanged (OBSERVED 22). Needs VM.Config.* of what is changed.
   *
   * @param options.digest of the configuration that was read: Proxmox refuses when it changed since
   */
  setConfig(permit: Permit, options: CallOptions & { readonly digest: string }): Promise<null>;
  /**
   * Makes a guest from a golden image, under a VMID that is free. Needs VM.Allocate, VM.Config.* for
   * what is given, Datastore.AllocateSpace, VM.Backup on the guest backed up, SDN.Use (in the task).
   */
  create(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Restores a backup to the fresh VMID that the action names; needs what `create` needs. */
  restoreBeside(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Needs VM.Snapshot. */
  snapshot(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Stops the guest, takes it back to the snapshot, and leaves it stopped (FACTS §3.7). */
  rollback(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Needs VM.Snapshot. */
  deleteSnapshot(permit: Permit, call?: CallOptions): Promise<Upid>;
  /**
   * Backs a guest up; never removes older backups. Null when there is nothing to do here, as for a
   * guest of another node. Needs VM.Backup (seen in the task only), Datastore.AllocateSpace.
   */
  backup(permit: Permit, call?: CallOptions): Promise<Upid | null>;
  /** Uses the permit up at once; each backup is deleted as it is asked for. */
  prune(permit: Permit): Pruning;
  /**
   * Writes the guard, so that the guest destroyed is the one that was checked, then destroys the
   * stopped guest with its volumes and snapshots, and its entries in the access control list
   * (FACTS §3.8). Backups stay. When the guard is not accepted, nothing is destroyed, and the error
   * says so. Needs VM.Allocate, VM.Config.Options.
   */
  destroy(permit: Permit, options: CallOptions & { readonly guard: DestroyGuard }): Promise<Upid>;
  /**
   * Aborts a task that a call on this permit began, and no other; the task may leave a lock, a
   * snapshot or volumes behind (FACTS §2.4).
   *
   * @throws {FelhomError} `permit.other` for any other task
   */
  abort(permit: Permit, upid: Upid, call?: CallOptions): Promise<null>;
}

/** A permit to delete several backups, used up: each of them once. */
export interface Pruning {
  /**
   * Needs Datastore.AllocateSpace and VM.Backup (FACTS §5). Deleting one that is gone succeeds.
   *
   * @param backup one of those that the action names, not asked for before
   * @returns null when it was done within the call
   * @throws {FelhomError} `permit.other`, `permit.spent`
   */
  delete(backup: string, call?: CallOptions): Promise<Upid | null>;
}
