import type { Permit } from "../../gate/mod.ts";
import type { CallOptions, Upid } from "../../proxmox/mod.ts";

/** What is written before a destroy, so that the guest destroyed is the one that was checked. */
export interface DestroyGuard {
  /** Of the configuration that was checked. */
  readonly digest: string;
  /** Its `onboot`, which is written back as it is: only that the write is accepted counts. */
  readonly onboot: boolean;
}

/**
 * All that changes anything at Proxmox. Each call redeems a permit and does exactly what its action
 * says; what else it takes is never about which guest or what. Errors are those of the client; that
 * a call answers does not mean that the work is done.
 */
export interface ProxmoxHands {
  start(permit: Permit, call?: CallOptions): Promise<Upid>;
  shutdown(permit: Permit, call?: CallOptions): Promise<Upid>;
  stop(permit: Permit, call?: CallOptions): Promise<Upid>;
  restart(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** @param options.digest of the configuration that was checked */
  setConfig(permit: Permit, options: CallOptions & { readonly digest: string }): Promise<null>;
  create(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Restores to the fresh VMID that the action names; never over a guest. */
  restoreBeside(permit: Permit, call?: CallOptions): Promise<Upid>;
  snapshot(permit: Permit, call?: CallOptions): Promise<Upid>;
  rollback(permit: Permit, call?: CallOptions): Promise<Upid>;
  deleteSnapshot(permit: Permit, call?: CallOptions): Promise<Upid>;
  /** Null when there was nothing to do here (FACTS §2.2). */
  backup(permit: Permit, call?: CallOptions): Promise<Upid | null>;
  /** Deletes the backups that the action names, one after the other, as they are asked for. */
  prune(permit: Permit): Pruning;
  /** Writes the guard, then destroys. */
  destroy(permit: Permit, options: CallOptions & { readonly guard: DestroyGuard }): Promise<Upid>;
  /** Aborts a task that a call on this very permit began; any other is `permit.other`. */
  abort(permit: Permit, upid: Upid, call?: CallOptions): Promise<null>;
}

/** A permit to delete several backups, redeemed: each of them once. */
export interface Pruning {
  /**
   * @param backup one of those that the action names, not asked for before
   * @returns null when it was done within the call
   */
  delete(backup: string, call?: CallOptions): Promise<Upid | null>;
}

/** All that changes anything through the helper. Each call waits until it is done. */
export interface HelperHands {
  createGolden(permit: Permit, call: HelperCall): Promise<unknown>;
  mountDisk(permit: Permit, call: HelperCall): Promise<unknown>;
  unmountDisk(permit: Permit, call: HelperCall): Promise<unknown>;
}

export interface HelperCall {
  /** Id of the operation in the journal: both sides log it. */
  readonly operation: string;
  readonly signal?: AbortSignal;
}

/** All that changes anything outside of the agent's own state. Made by the wiring. */
export interface Hands {
  readonly proxmox: ProxmoxHands;
  /** Null when there is no helper on this host (`privileged.mode` is `off`). */
  readonly helper: HelperHands | null;
}
