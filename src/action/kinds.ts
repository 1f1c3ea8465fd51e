/** Every mutation the product knows. What is not here cannot be done, permitted or signed. */
export type ActionKind =
  | "guest.start"
  | "guest.shutdown"
  | "guest.stop"
  | "guest.restart"
  | "guest.settings"
  | "guest.create"
  | "guest.snapshot"
  | "guest.delete_snapshot"
  | "guest.rollback"
  | "guest.backup"
  | "guest.prune"
  | "guest.restore_over"
  | "guest.destroy"
  | "golden.create"
  | "disk.mount"
  | "disk.unmount"
  | "signers.rotate";

/** What is read through the helper: it changes nothing and needs no permit, but has a route too. */
export type HelperRead = "hardware.smart" | "hardware.sensors" | "helper.health";

/** Which way an action takes to the host. */
export type Route =
  /** The Proxmox API, with the agent's token: whatever it can do is done so. */
  | "api"
  /** The privileged helper, as root: only what the API cannot do. */
  | "helper"
  /** Nowhere: it changes the agent's own state. */
  | "state";

/** What an action loses in the worst case, when nothing is known of whose thing it is. */
export type Loss =
  /** Nothing. */
  | "nothing"
  /** What runs is interrupted; what is stored stays. */
  | "uptime"
  /** A setting's former value, which the journal keeps. */
  | "settings"
  /** A snapshot or backup: a way back, though not the present data. */
  | "restore_point"
  /** Data. */
  | "data"
  /** Who is believed. */
  | "trust";

/**
 * What signatures are counted by: `data_loss` is whatever loses data or a way back to it (its
 * document names the guest's identity), `trust` the signers themselves, `service` all else.
 */
export type ActionClass = "service" | "data_loss" | "trust";

/** One row of the routing table. */
export interface ActionEntry {
  readonly route: Route;
  /** A mutation changes the host and needs a permit; a read does not. */
  readonly mutates: boolean;
  /** One line for the table: what is done. */
  readonly summary: string;
  /** Why it takes this route. */
  readonly reason: string;
  /** Where that is known from. */
  readonly source: string;
}

/** The row of a mutation. */
export interface MutationEntry extends ActionEntry {
  readonly mutates: true;
  /** Name of the operation in a signed document; null for what nobody needs to sign, ever. */
  readonly operation: string | null;
  readonly class: ActionClass;
  readonly loses: Loss;
  /** What is lost, as an operator is told. */
  readonly lost: string;
  /** The action that takes it back, as far as it can be taken back; null when nothing does. */
  readonly compensatedBy: ActionKind | null;
  /** What is always passed to Proxmox or the helper, whatever the parameters say. */
  readonly always: Readonly<Record<string, string | boolean>>;
  /** What is never passed. */
  readonly never: readonly string[];
}

const API = "The API does it, with rights that a token can hold";

/** Every action with its route, and what is read through the helper. */
export const ACTIONS = {
  "guest.start": {
    route: "api",
    mutates: true,
    summary: "Start a guest",
    reason: API,
    source: "FACTS §3.6",
    operation: null,
    class: "service",
    loses: "nothing",
    lost: "nothing",
    compensatedBy: "guest.shutdown",
    always: {},
    never: ["skiplock"],
  },
  "guest.shutdown": {
    route: "api",
    mutates: true,
    summary: "Shut a guest down in its own way",
    reason: API,
    source: "FACTS §3.6",
    operation: null,
    class: "service",
    loses: "uptime",
    lost: "what runs in the guest is interrupted",
    compensatedBy: "guest.start",
    always: {},
    never: [],
  },
  "guest.stop": {
    route: "api",
    mutates: true,
    summary: "Stop a guest at once",
    reason: API,
    source: "FACTS §3.6",
    operation: null,
    class: "service",
    loses: "uptime",
    lost: "what runs in the guest is killed",
    compensatedBy: "guest.start",
    always: {},
    never: ["skiplock"],
  },
  "guest.restart": {
    route: "api",
    mutates: true,
    summary: "Restart a guest, which applies its pending settings",
    reason: API,
    source: "FACTS §3.6",
    operation: null,
    class: "service",
    loses: "uptime",
    lost: "what runs in the guest is interrupted",
    compensatedBy: null,
    always: {},
    never: [],
  },
  "guest.settings": {
    route: "api",
    mutates: true,
    summary: "Change settings of the closed list",
    reason: API,
    source: "FACTS §3.3, §3.5",
    operation: null,
    class: "service",
    loses: "settings",
    lost: "the former values, which the journal keeps",
    compensatedBy: "guest.settings",
    always: {},
    never: ["revert", "lock", "rootfs", "mp", "unused", "dev", "net", "features", "hookscript"],
  },
  "guest.create": {
    route: "api",
    mutates: true,
    summary: "Create a guest from a golden image on a free VMID",
    reason: "A restore keeps the keyctl flag of the image, which no token may set",
    source: "FACTS §3.4; OBSERVED 27",
    operation: "guest.create",
    class: "service",
    loses: "nothing",
    lost: "nothing: the VMID is free",
    compensatedBy: "guest.destroy",
    always: { restore: true, unprivileged: true, protection: false },
    never: ["force", "unique", "hwaddr", "start"],
  },
  "guest.snapshot": {
    route: "api",
    mutates: true,
    summary: "Take a snapshot",
    reason: API,
    source: "FACTS §3.7",
    operation: null,
    class: "service",
    loses: "nothing",
    lost: "nothing; the snapshot takes space",
    compensatedBy: "guest.delete_snapshot",
    always: {},
    never: [],
  },
  "guest.delete_snapshot": {
    route: "api",
    mutates: true,
    summary: "Delete a snapshot",
    reason: API,
    source: "FACTS §3.7",
    operation: "guest.delete_snapshot",
    class: "data_loss",
    loses: "restore_point",
    lost: "the way back to the snapshot",
    compensatedBy: null,
    always: {},
    never: ["force"],
  },
  "guest.rollback": {
    route: "api",
    mutates: true,
    summary: "Take a guest back to a snapshot",
    reason: API,
    source: "FACTS §3.7; OBSERVED 29",
    operation: "guest.rollback",
    class: "data_loss",
    loses: "data",
    lost: "everything written since the snapshot was taken; a running guest is killed",
    compensatedBy: null,
    always: {},
    never: ["start"],
  },
  "guest.backup": {
    route: "api",
    mutates: true,
    summary: "Back a guest up",
    reason: API,
    source: "FACTS §4",
    operation: null,
    class: "service",
    loses: "nothing",
    lost: "nothing; the backup takes space",
    compensatedBy: null,
    // On by default, and then it prunes other backups by the storage's rules (FACTS §4).
    always: { remove: false },
    never: ["prune-backups", "all", "pool", "script", "tmpdir", "dumpdir"],
  },
  "guest.prune": {
    route: "api",
    mutates: true,
    summary: "Delete backups of a guest",
    reason: API,
    source: "FACTS §5",
    operation: "guest.prune",
    class: "data_loss",
    loses: "restore_point",
    lost: "the backups named",
    compensatedBy: null,
    always: {},
    never: ["prune-backups"],
  },
  "guest.restore_over": {
    route: "api",
    mutates: true,
    summary: "Restore a backup to a fresh VMID, to take the place of a guest",
    reason: API,
    source: "FACTS §3.4; OBSERVED 26",
    operation: "guest.restore_over",
    class: "data_loss",
    loses: "data",
    lost: "everything the guest wrote since the backup, once the restored one takes its place",
    compensatedBy: "guest.destroy",
    always: { restore: true, unprivileged: true, onboot: false, protection: false },
    // A forced restore destroys the volumes before it unpacks (OBSERVED 26).
    never: ["force", "ignore-unpack-errors", "start"],
  },
  "guest.destroy": {
    route: "api",
    mutates: true,
    summary: "Destroy a guest with its volumes and snapshots",
    reason: API,
    source: "FACTS §3.8",
    operation: "guest.destroy",
    class: "data_loss",
    loses: "data",
    lost: "the guest's volumes and snapshots; its backups stay",
    compensatedBy: null,
    always: {},
    never: ["force", "destroy-unreferenced-disks"],
  },
  "golden.create": {
    route: "helper",
    mutates: true,
    summary: "Make the container of the golden image",
    reason: "Feature flags other than nesting may be set by root@pam only, by no token",
    source: "FACTS §3.3; OBSERVED 23",
    operation: null,
    class: "service",
    loses: "nothing",
    lost: "nothing: the VMID is free",
    compensatedBy: "guest.destroy",
    always: {},
    never: ["force"],
  },
  "disk.mount": {
    route: "helper",
    mutates: true,
    summary: "Mount an enrolled disk by its UUID",
    reason: "The API cannot mount a filesystem that is there already; it can only make new ones",
    source: "api-9.2.3.json, /nodes/{node}/disks",
    operation: null,
    class: "service",
    loses: "nothing",
    lost: "nothing",
    compensatedBy: "disk.unmount",
    always: {},
    never: [],
  },
  "disk.unmount": {
    route: "helper",
    mutates: true,
    summary: "Unmount an enrolled disk",
    reason: "The API cannot unmount a filesystem",
    source: "api-9.2.3.json, /nodes/{node}/disks",
    // Whoever writes to its folder is not all seen: a storage or a link that no token may read.
    operation: "disk.unmount",
    class: "service",
    loses: "uptime",
    lost:
      "the way to what is stored on the disk, until it is mounted again; what is written to its " +
      "folder under /mnt/felhom meanwhile lands on the host's own disk",
    compensatedBy: "disk.mount",
    always: {},
    never: ["force", "lazy"],
  },
  "signers.rotate": {
    route: "state",
    mutates: true,
    summary: "Replace the signers of a role",
    reason: "The signers in force are the agent's own state; the files only seed them",
    source: "design, section 5",
    operation: "signers.rotate",
    class: "trust",
    loses: "trust",
    lost: "the former signers are not believed any more",
    compensatedBy: null,
    always: {},
    never: [],
  },
  "hardware.smart": {
    route: "helper",
    mutates: false,
    summary: "Read SMART of a disk",
    reason: "disks/smart needs Sys.Audit on / and shows NVMe and SAS as text, errors as UNKNOWN",
    source: "FACTS §6",
  },
  "hardware.sensors": {
    route: "helper",
    mutates: false,
    summary: "Read temperatures, fans and voltages",
    reason: "The API shows no temperatures, fans or voltages",
    source: "api-9.2.3.json, /nodes/{node}",
  },
  "helper.health": {
    route: "helper",
    mutates: false,
    summary: "Ask whether the helper could do its work",
    reason: "Only the helper can say whether its programs and sudo rules are in place",
    source: "design, section 2",
  },
} as const satisfies
  & Record<ActionKind, MutationEntry>
  & Record<HelperRead, ActionEntry & { readonly mutates: false }>;

/** The row of a mutation. */
export function entryOf(kind: ActionKind): MutationEntry {
  return ACTIONS[kind];
}

/** Whether a value names a mutation the product knows. */
export function isActionKind(name: unknown): name is ActionKind {
  // Not `in`: an inherited name (`toString`, `__proto__`) is no action.
  return typeof name === "string" && Object.hasOwn(ACTIONS, name) && !isHelperRead(name);
}

function isHelperRead(name: string): boolean {
  return name === "hardware.smart" || name === "hardware.sensors" || name === "helper.health";
}

/** Every mutation, in the order of the table. */
export const ACTION_KINDS: readonly ActionKind[] = Object.keys(ACTIONS).filter(isActionKind);
