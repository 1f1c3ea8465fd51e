import { ApiError } from "./api_error.ts";
import type { Form } from "./form.ts";
import { GuestRows } from "./guest_rows.ts";
import { target } from "./route.ts";
import { ROUTES } from "./routes.ts";
import {
  type Guest,
  type GuestConfig,
  guestConfigSchema,
  guestsSchema,
  type GuestStatus,
  guestStatusSchema,
  type Pending,
  pendingsSchema,
  type Permissions,
  permissionsSchema,
  type Snapshot,
  snapshotsSchema,
  type Usage,
  usagesSchema,
} from "./schema/guest.ts";
import {
  type Certificate,
  certificatesSchema,
  type Node,
  nodesSchema,
  type NodeStatus,
  nodeStatusSchema,
  type Version,
  versionSchema,
} from "./schema/node.ts";
import { parseData } from "./schema/parse_data.ts";
import {
  backupConfigSchema,
  type Storage,
  type StorageConfig,
  storageConfigsSchema,
  storagesSchema,
  type StorageStatus,
  storageStatusSchema,
  type Volume,
  volumesSchema,
} from "./schema/storage.ts";
import { type Task, tasksSchema } from "./schema/task.ts";
import { createTaskReads, type TaskReads } from "./task_reads.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { TransportError } from "./transport_error.ts";
import type { Vmid } from "./vmid.ts";
import type { Volid } from "./volid.ts";

export interface ReadsOptions {
  /** Name of the node whose guests, storages and tasks are meant. */
  readonly node: string;
}

export interface GuestConfigOptions extends CallOptions {
  /**
   * Whether to see what is in force now, instead of what will be after the next start (FACTS §3.2).
   *
   * @default false
   */
  readonly live?: boolean;
}

export interface ContentOptions extends CallOptions {
  /** Only this kind, as `backup`. @default all */
  readonly content?: string;
  /** Only what belongs to this guest. @default all */
  readonly vmid?: Vmid;
}

export interface TasksOptions extends CallOptions {
  /** `active`: running; `archive`: finished; `all`. @default "all" */
  readonly source?: "active" | "archive" | "all";
  /** Only tasks whose id is exactly this VMID. @default all */
  readonly vmid?: Vmid;
  /** Only this kind, as `vzdump`. @default all */
  readonly type?: string;
  /**
   * Only those whose user's name has this in it, whatever the case. A name of a token finds no task
   * that has ended (FACTS §2.5): ask for `user@realm`. @default all
   */
  readonly user?: string;
  /** Only those started then or later: seconds since the epoch, node's clock. @default all */
  readonly since?: number;
  /** Only those started then or earlier: seconds since the epoch, node's clock. @default all */
  readonly until?: number;
  /** How many of the first to leave out. @default 0 */
  readonly start?: number;
  /** How many at most: running ones first, then those that ended last. @default 500 */
  readonly limit?: number;
}

export interface HistoryOptions extends CallOptions {
  readonly timeframe: "day" | "month";
}

export interface PermissionsOptions extends CallOptions {
  /** Only this path, derived ones too. @default top-level paths and those with an entry */
  readonly path?: string;
  /** Whose; another's need Sys.Audit on /access. @default the token's own */
  readonly userid?: string;
}

/**
 * What can be asked of Proxmox. Nothing here changes anything. Lists come in an order of their own
 * each time (FACTS §1.4), so they are sorted here.
 *
 * All of them throw {@linkcode ApiError} when Proxmox refuses or fails, {@linkcode TransportError}
 * when no usable answer comes.
 */
export interface Reads extends TaskReads {
  /** Version of the API; any valid token may ask: the cheapest proof that one is. */
  version(options?: CallOptions): Promise<Version>;
  /**
   * The node's clock, in seconds since the epoch, from the head of an answer. Without one it throws
   * `proxmox.malformed`: by a clock of 0 every old task would look like one's own.
   */
  nodeTime(options?: CallOptions): Promise<number>;
  /**
   * Whether a VMID is free now, in the whole cluster, virtual machines included. Any valid token may
   * ask (FACTS §3.1), so a guest that is not shown takes its place all the same.
   */
  isFree(vmid: Vmid, options?: CallOptions): Promise<boolean>;
  /** Nodes of the cluster, by name. */
  nodes(options?: CallOptions): Promise<readonly Node[]>;
  /** Needs Sys.Audit on the node. */
  nodeStatus(options?: CallOptions): Promise<NodeStatus>;
  /** Certificates of the node. */
  certificates(options?: CallOptions): Promise<readonly Certificate[]>;
  /** Containers by VMID; those without VM.Audit are left out without a word. */
  guests(options?: CallOptions): Promise<readonly Guest[]>;
  /**
   * A container's row of that list, with those of others when many are asked for at once. Needs
   * VM.Audit.
   */
  guestRow(vmid: Vmid, options?: Pick<CallOptions, "signal">): Promise<Guest>;
  /** The same, and whether high availability manages it; one call each. Needs VM.Audit. */
  guestStatus(vmid: Vmid, options?: CallOptions): Promise<GuestStatus>;
  /** Needs VM.Audit. Answered by pveproxy itself: ten times as fast as the status (OBSERVED 5). */
  guestConfig(vmid: Vmid, options?: GuestConfigOptions): Promise<GuestConfig>;
  /** Options in force and to come, by key. Needs VM.Audit. */
  guestPending(vmid: Vmid, options?: CallOptions): Promise<readonly Pending[]>;
  /** The most of what a guest used, row by row (FACTS §6). Needs VM.Audit. */
  guestHistory(vmid: Vmid, options: HistoryOptions): Promise<readonly Usage[]>;
  /** Snapshots, oldest first, without the row that is the guest itself. Needs VM.Audit. */
  guestSnapshots(vmid: Vmid, options?: CallOptions): Promise<readonly Snapshot[]>;
  /** Storages by name, those the token may see. Asks every storage; a dead one makes it slow. */
  storages(options?: CallOptions): Promise<readonly Storage[]>;
  /** Storages as the cluster configures them, those the token may see; none is asked. */
  storageConfigs(options?: CallOptions): Promise<readonly StorageConfig[]>;
  /** Needs Datastore.Audit or Datastore.AllocateSpace. */
  storageStatus(storage: string, options?: CallOptions): Promise<StorageStatus>;
  /** Volumes by id, those the token may see. */
  storageContent(storage: string, options?: ContentOptions): Promise<readonly Volume[]>;
  /**
   * The configuration that lies in a backup, as Proxmox's own text. Needs Datastore.AllocateSpace,
   * and VM.Backup on the guest backed up.
   */
  backupConfig(backup: Volid, options?: CallOptions): Promise<string>;
  /** Tasks of the node; without Sys.Audit on it only the token's own. */
  tasks(options?: TasksOptions): Promise<readonly Task[]>;
  /**
   * Effective privileges by path. Each one's value is whether paths below inherit it; it is granted
   * either way (FACTS §1.2).
   */
  permissions(options?: PermissionsOptions): Promise<Permissions>;
}

/** The reads of one node. */
export function createReads(transport: Transport, { node }: ReadsOptions): Reads {
  const here = { node };
  const reads: Reads = {
    ...createTaskReads(transport),

    async version(options) {
      const { data } = await transport.get(target(ROUTES.version, {}), options);
      return parseData(versionSchema, data, "the version");
    },

    async nodeTime(options) {
      const { date } = await transport.get(target(ROUTES.version, {}), options);
      const time = date();
      if (time > 0) return time;
      throw new TransportError("proxmox.malformed", "Cannot read the node's clock: no date came", {
        sent: "maybe",
        hint: "Check that the endpoint is the Proxmox API itself, not a proxy before it.",
        retry: "never",
      });
    },

    async isFree(vmid, options) {
      try {
        await transport.get(target(ROUTES.nextId, {}), { ...options, query: { vmid } });
        return true;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 400) throw error;
        if (!/already exists/.test(error.fields["vmid"] ?? "")) throw error;
        return false;
      }
    },

    async nodes(options) {
      const { data } = await transport.get(target(ROUTES.nodes, {}), options);
      return sorted(parseData(nodesSchema, data, "the list of nodes"), (row) => row.node);
    },

    async nodeStatus(options) {
      const { data } = await transport.get(target(ROUTES.nodeStatus, here), options);
      return parseData(nodeStatusSchema, data, `the status of node ${node}`);
    },

    async certificates(options) {
      const { data } = await transport.get(target(ROUTES.certificates, here), options);
      return parseData(certificatesSchema, data, `the certificates of node ${node}`);
    },

    async guests(options) {
      const { data } = await transport.get(target(ROUTES.guests, here), options);
      return sorted(parseData(guestsSchema, data, "the list of guests"), (row) => row.vmid);
    },

    guestRow: (vmid, options) => rows.read(vmid, options),

    async guestStatus(vmid, options) {
      const { data } = await transport.get(target(ROUTES.guestStatus, { node, vmid }), options);
      return parseData(guestStatusSchema, data, `the status of guest ${vmid}`);
    },

    async guestConfig(vmid, options) {
      const { data } = await transport.get(
        target(ROUTES.guestConfig, { node, vmid }),
        options?.live === true ? { ...options, query: { current: true } } : options,
      );
      return parseData(guestConfigSchema, data, `the configuration of guest ${vmid}`);
    },

    async guestPending(vmid, options) {
      const { data } = await transport.get(target(ROUTES.guestPending, { node, vmid }), options);
      const rows = parseData(pendingsSchema, data, `the pending changes of guest ${vmid}`);
      return sorted(rows, (row) => row.key);
    },

    async guestHistory(vmid, { timeframe, ...options }) {
      const { data } = await transport.get(
        target(ROUTES.guestHistory, { node, vmid }),
        { ...options, query: { timeframe, cf: "MAX" } },
      );
      return parseData(usagesSchema, data, `the history of guest ${vmid}`);
    },

    async guestSnapshots(vmid, options) {
      const { data } = await transport.get(target(ROUTES.snapshots, { node, vmid }), options);
      const rows = parseData(snapshotsSchema, data, `the snapshots of guest ${vmid}`)
        .filter((row) => row.name !== "current");
      return sorted(sorted(rows, (row) => row.name), (row) => row.snaptime ?? 0);
    },

    async storages(options) {
      const { data } = await transport.get(target(ROUTES.storages, here), options);
      return sorted(parseData(storagesSchema, data, "the list of storages"), (row) => row.storage);
    },

    async storageConfigs(options) {
      const { data } = await transport.get(target(ROUTES.storageConfigs, {}), options);
      const rows = parseData(storageConfigsSchema, data, "the configured storages");
      return sorted(rows, (row) => row.storage);
    },

    async storageStatus(storage, options) {
      const { data } = await transport.get(
        target(ROUTES.storageStatus, { node, storage }),
        options,
      );
      return parseData(storageStatusSchema, data, `the status of storage ${storage}`);
    },

    async storageContent(storage, options = {}) {
      const { data } = await transport.get(
        target(ROUTES.storageContent, { node, storage }),
        { ...options, query: { content: options.content, vmid: options.vmid } },
      );
      const rows = parseData(volumesSchema, data, `the content of storage ${storage}`);
      return sorted(rows, (row) => row.volid);
    },

    async backupConfig(backup, options) {
      const { data } = await transport.get(
        target(ROUTES.backupConfig, here),
        { ...options, query: { volume: backup } },
      );
      return parseData(backupConfigSchema, data, `the configuration in ${backup}`);
    },

    async tasks(options = {}) {
      const { source = "all", vmid, type, user, since, until, start, limit = 500 } = options;
      const window: Form = { since, until, start, limit };
      const query: Form = { source, vmid, typefilter: type, userfilter: user, ...window };
      const { data } = await transport.get(target(ROUTES.tasks, here), { ...options, query });
      return parseData(tasksSchema, data, `the tasks of node ${node}`);
    },

    async permissions(options = {}) {
      const { data } = await transport.get(
        target(ROUTES.permissions, {}),
        { ...options, query: { path: options.path, userid: options.userid } },
      );
      return parseData(permissionsSchema, data, "the permissions");
    },
  };
  const rows = new GuestRows({ one: reads.guestStatus, all: reads.guests });
  return reads;
}

function sorted<T>(rows: readonly T[], by: (row: T) => string | number): readonly T[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  });
}
