/**
 * Everything that changes something at Proxmox. Imported by `daemon/wiring.ts` only, which puts it
 * behind the gate; `mod.ts` hands none of it on.
 */
import { FelhomError } from "../errors.ts";
import type { Form } from "./form.ts";
import {
  type GuestSettings,
  settingsForm,
  unsetForm,
  type UnsettableSetting,
} from "./guest_settings.ts";
import { restoreForm, type RestoreOptions } from "./restore_form.ts";
import { target } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { assertTokenMay } from "./assert_token_may.ts";
import { TransportError } from "./transport_error.ts";
import {
  type CallOptions,
  type MutatingCall,
  send,
  type Target,
  type Transport,
} from "./transport.ts";
import { isUpid, parseUpid, type Upid } from "./upid.ts";
import type { Vmid } from "./vmid.ts";

export type { GuestSettings, UnsettableSetting } from "./guest_settings.ts";
export type { RestoredNetwork, RestoreOptions } from "./restore_form.ts";

export interface MutationsOptions {
  /** Name of the node whose guests are meant. */
  readonly node: string;
}

export interface BackupOptions extends CallOptions {
  /** Where the backup goes. */
  readonly storage: string;
  /** Falls back to `suspend` when a volume cannot be snapshotted (FACTS §4). @default "snapshot" */
  readonly mode?: "snapshot" | "suspend" | "stop";
  /** @default "zstd" */
  readonly compress?: "0" | "gzip" | "lzo" | "zstd";
  /** One line that stands beside the backup. @default none */
  readonly notes?: string;
  /** Whether it can be pruned or deleted. @default false */
  readonly protected?: boolean;
}

export interface SettingsOptions extends CallOptions {
  /** Of the configuration that was read: Proxmox refuses when it changed since. */
  readonly digest: string;
  readonly set?: GuestSettings;
  readonly unset?: readonly UnsettableSetting[];
}

export interface ShutdownOptions extends CallOptions {
  /** How long the guest has, in seconds. */
  readonly timeout: number;
  /** Whether it is killed after that. */
  readonly thenKill: boolean;
}

/**
 * What can be done to the guests of one node. Each call answers with the id of the task that it
 * started, or with null when there is none (FACTS §2.2); that it answers does not mean the work
 * is done, nor that it will succeed.
 *
 * All of them throw {@linkcode ApiError} and {@linkcode TransportError}; with `retry` "unknown" it
 * has to be found out what happened before anything is repeated. What no token may do throws
 * `proxmox.root_only` before anything is sent.
 */
export interface Mutations {
  /**
   * Makes a guest from a backup, under a VMID that is free. Needs VM.Allocate, VM.Config.* for what
   * is given, Datastore.AllocateSpace, VM.Backup on the guest backed up, SDN.Use (in the task).
   */
  restore(vmid: Vmid, options: RestoreOptions & CallOptions): Promise<Upid>;
  /**
   * Replaces a guest by a backup. **Destroys its volumes and snapshots before it unpacks**: a bad
   * archive leaves neither configuration nor volumes (OBSERVED 26).
   */
  restoreOver(vmid: Vmid, options: RestoreOptions & CallOptions): Promise<Upid>;
  /**
   * Backs a guest up; never removes older backups. Null when there is nothing to do here, as for a
   * guest of another node. Needs VM.Backup (seen in the task only), Datastore.AllocateSpace.
   */
  vzdump(vmid: Vmid, options: BackupOptions): Promise<Upid | null>;
  /** Needs VM.Snapshot. */
  snapshot(
    vmid: Vmid,
    name: string,
    options?: CallOptions & { readonly description?: string },
  ): Promise<Upid>;
  /** Stops the guest, takes it back to the snapshot, and leaves it stopped (FACTS §3.7). */
  rollback(vmid: Vmid, name: string, options?: CallOptions): Promise<Upid>;
  /** Needs VM.Snapshot. */
  deleteSnapshot(vmid: Vmid, name: string, options?: CallOptions): Promise<Upid>;
  /**
   * Changes settings. **Null does not mean applied**: look at what is pending (FACTS §3.5); and a
   * failure does not mean unchanged (OBSERVED 22). Needs VM.Config.* of what is changed.
   */
  setConfig(vmid: Vmid, options: SettingsOptions): Promise<null>;
  /** Needs VM.PowerMgmt, as the next three. */
  start(vmid: Vmid, options?: CallOptions): Promise<Upid>;
  /** Kills the guest. @param options.overruleShutdown aborts a shutdown of ours that runs */
  stop(
    vmid: Vmid,
    options?: CallOptions & { readonly overruleShutdown?: boolean },
  ): Promise<Upid>;
  shutdown(vmid: Vmid, options: ShutdownOptions): Promise<Upid>;
  /** Kills the guest when it does not go down in time, and applies what is pending. */
  reboot(vmid: Vmid, options: CallOptions & { readonly timeout: number }): Promise<Upid>;
  /**
   * Destroys a stopped guest with its volumes and snapshots, and its entries in the access control
   * list (FACTS §3.8). Backups stay. Needs VM.Allocate.
   *
   * @param options.purge removes it from backup jobs, replication and HA as well
   */
  destroy(vmid: Vmid, options: CallOptions & { readonly purge: boolean }): Promise<Upid>;
  /** Aborts a task; it may leave a lock, a snapshot or volumes behind (FACTS §2.4). */
  abortTask(upid: Upid, options?: CallOptions): Promise<null>;
}

/** The mutations of one node. */
export function createMutations(transport: Transport, { node }: MutationsOptions): Mutations {
  async function submit(
    method: MutatingCall["method"],
    to: Target,
    options: CallOptions & { readonly form?: Form },
  ): Promise<unknown> {
    const { form = {} } = options;
    assertTokenMay(`${method} ${to.path}`, form);
    return await send(transport, { method, target: to, form }, options);
  }

  async function start(
    method: MutatingCall["method"],
    to: Target,
    options: CallOptions & { readonly form?: Form },
  ): Promise<Upid> {
    const data = await submit(method, to, options);
    if (isUpid(data)) return data;
    throw notATask(method, to);
  }

  return {
    restore: (vmid, options) =>
      start("POST", target(ROUTES.guests, { node }), {
        ...options,
        form: restoreForm(vmid, options, { over: false }),
      }),

    restoreOver: (vmid, options) =>
      start("POST", target(ROUTES.guests, { node }), {
        ...options,
        form: restoreForm(vmid, options, { over: true }),
      }),

    async vzdump(vmid, options) {
      const { storage, mode = "snapshot", compress = "zstd", notes } = options;
      const to = target(ROUTES.vzdump, { node });
      const form: Form = {
        vmid,
        storage,
        mode,
        compress,
        "notes-template": notes === undefined ? undefined : escapeNotes(notes),
        protected: options.protected === true ? true : undefined,
        // On by default, and then it prunes other backups by the storage's rules (FACTS §4).
        remove: false,
      };
      const data = await submit("POST", to, { ...options, form });
      if (isUpid(data)) return data;
      if (data === "OK") return null;
      throw notATask("POST", to);
    },

    async snapshot(vmid, name, options = {}) {
      assertSnapshotName(name);
      return await start("POST", target(ROUTES.snapshots, { node, vmid }), {
        ...options,
        form: { snapname: name, description: options.description },
      });
    },

    async rollback(vmid, name, options = {}) {
      assertSnapshotName(name);
      return await start("POST", target(ROUTES.rollback, { node, vmid, snapname: name }), options);
    },

    async deleteSnapshot(vmid, name, options = {}) {
      assertSnapshotName(name);
      const to = target(ROUTES.snapshot, { node, vmid, snapname: name });
      return await start("DELETE", to, options);
    },

    async setConfig(vmid, options) {
      const { digest, set = {}, unset = [] } = options;
      const changes = { ...settingsForm(set), ...unsetForm(unset) };
      assertChanges(changes, digest);
      const to = target(ROUTES.setGuestConfig, { node, vmid });
      return asNull(
        await submit("PUT", to, { ...options, form: { ...changes, digest } }),
        "PUT",
        to,
      );
    },

    start: (vmid, options = {}) => start("POST", target(ROUTES.start, { node, vmid }), options),

    stop: (vmid, options = {}) =>
      start("POST", target(ROUTES.stop, { node, vmid }), {
        ...options,
        form: { "overrule-shutdown": options.overruleShutdown === true ? true : undefined },
      }),

    shutdown: (vmid, options) =>
      start("POST", target(ROUTES.shutdown, { node, vmid }), {
        ...options,
        form: { timeout: options.timeout, forceStop: options.thenKill },
      }),

    reboot: (vmid, options) =>
      start("POST", target(ROUTES.reboot, { node, vmid }), {
        ...options,
        form: { timeout: options.timeout },
      }),

    destroy: (vmid, options) =>
      start("DELETE", target(ROUTES.guest, { node, vmid }), {
        ...options,
        // Never `force` or `destroy-unreferenced-disks`: what is freed is what was looked at.
        form: { purge: options.purge },
      }),

    async abortTask(upid, options = {}) {
      const to = target(ROUTES.task, { node: parseUpid(upid).node, upid });
      return asNull(await submit("DELETE", to, options), "DELETE", to);
    },
  };
}

function asNull(data: unknown, method: MutatingCall["method"], to: Target): null {
  if (data === null || data === undefined) return null;
  throw notATask(method, to);
}

function notATask(method: MutatingCall["method"], to: Target): TransportError {
  return new TransportError(
    "proxmox.malformed",
    `Cannot tell what ${method} ${to.path} did: the answer is not what the API sends`,
    {
      sent: "maybe",
      hint: "Look at the node's tasks before anything is repeated.",
    },
  );
}

/** FACTS §3.1. */
function assertSnapshotName(name: string): void {
  if (/^[a-z][a-z0-9_-]{1,39}$/i.test(name) && !/^(?:current|vzdump)$/.test(name)) return;
  throw new FelhomError(
    "proxmox.bad_parameter",
    `Cannot use ${JSON.stringify(name)} as the name of a snapshot`,
    { hint: "2 to 40 letters, digits, - and _, the first a letter; not current, not vzdump." },
  );
}

function assertChanges(changes: Form, digest: string): void {
  if (!/^[0-9a-f]{40}$/.test(digest)) {
    // An empty one would switch the check off.
    throw new FelhomError(
      "proxmox.bad_parameter",
      `Cannot change a configuration on digest ${JSON.stringify(digest)}`,
      { hint: "Read the configuration, and pass the digest that came with it." },
    );
  }
  if (Object.values(changes).some((value) => value !== undefined)) return;
  throw new FelhomError("proxmox.bad_parameter", "Cannot change a configuration by nothing");
}

/** Proxmox reads `\\` and `\n` as escapes (FACTS §4). */
function escapeNotes(notes: string): string {
  return notes.replaceAll("\\", "\\\\").replaceAll(/\r?\n/g, "\\n");
}
