import type { Action, Intent } from "../../src/action/mod.ts";
import type {
  ConfigFacts,
  Facts,
  GuestFacts,
  GuestMark,
  IdentityParts,
  Place,
  Reservation,
  Since,
  SnapshotMark,
} from "../../src/gate/mod.ts";

import { ALLOW_ALL } from "../support/rules.ts";

const GIB = 1024 ** 3;

/** When every scene plays. */
export const NOW = Date.UTC(2026, 10, 20, 12);
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
/** The open transaction of every scene. */
export const OPEN = "01JD0000000000000000000000";
export const DIGEST = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/** Guest 101's volumes and interfaces. */
export const PARTS: IdentityParts = {
  volumes: ["local-lvm:vm-101-disk-0", "local-lvm:vm-101-disk-1"],
  macs: ["BC:24:11:00:00:01"],
};

/** What a guest's configuration says, of guest 101 unless told otherwise. */
export function config(changes: Partial<ConfigFacts> = {}): ConfigFacts {
  return {
    digest: DIGEST,
    identity: PARTS,
    linkDown: false,
    hookScript: false,
    memory: 2048,
    swap: 512,
    snapshots: [],
    ...changes,
  };
}

/** A guest that stands there: `customer-a`, running. */
export function here(changes: Partial<GuestFacts> = {}): Place {
  const guest = {
    name: "customer-a",
    running: true,
    config: config(),
    usage: { memory: 800, swap: 0 },
    ...changes,
  };
  return { kind: "here", guest };
}

/** A guest that stands there stopped. */
export function stopped(changes: Partial<ConfigFacts> = {}): Place {
  return here({ running: false, usage: { memory: 0, swap: 0 }, config: config(changes) });
}

/** The journal's mark on guest 101, made ten minutes ago in the open transaction. */
export function made(changes: Partial<GuestMark> = {}): GuestMark {
  return {
    ...PARTS,
    creation: "UPID:demo:00001234:00005678:66A0B0C0:vzrestore:101:felhom@pve!agent:",
    vmid: 101,
    transaction: OPEN,
    digest: DIGEST,
    lastDigest: DIGEST,
    madeAt: NOW - 10 * MINUTE,
    ranAt: null,
    desiredAt: null,
    scratchUntil: null,
    scratchLostAt: null,
    scratchLostWhy: null,
    ...changes,
  };
}

/** The journal's mark on guest 101 as scratch, made ten minutes ago in a transaction that ended. */
export function scratch(changes: Partial<GuestMark> = {}): GuestMark {
  return made({ transaction: "01JDENDED", scratchUntil: NOW + 50 * MINUTE, ...changes });
}

/** Nobody did anything since it was made: the node's list of tasks is whole, and shows nothing. */
export const UNUSED: Since = { agoMs: null, tasks: { kind: "complete", foreign: [] } };

/** The snapshot `before`, which the scene's actions name. */
export const SNAPSHOT = { name: "before", takenAt: NOW / 1000 - 60 };

/** The journal's mark on the snapshot `before`, of the open transaction. */
export function taken(changes: Partial<SnapshotMark> = {}): SnapshotMark {
  return {
    ...SNAPSHOT,
    vmid: 101,
    digest: DIGEST,
    transaction: OPEN,
    stoppedThroughout: true,
    rollbackUnclean: false,
    ...changes,
  };
}

/** Facts by which neither an allow-list nor a bound of memory is in the way. */
export function unbound(): Pick<
  Facts,
  | "allowed"
  | "diskUsers"
  | "macs"
  | "restoredInterfaces"
  | "memory"
  | "peak"
  | "mostMemory"
  | "startup"
  | "signedWork"
  | "rollback"
> {
  return {
    allowed: ALLOW_ALL,
    restoredInterfaces: [],
    diskUsers: [],
    macs: { holders: [], asOf: 0 },
    memory: { node: 65_536, most: 131_072, others: 4_096 },
    peak: { mib: 512, watchedMs: DAY },
    mostMemory: null,
    startup: { own: { up: 0, down: 0 }, others: { up: 0, down: 0 } },
    signedWork: null,
    rollback: null,
  };
}

/** What is given away of a storage of 500 GiB that has 100 in use, and what 8 GiB more would add. */
export function reservation(changes: Partial<Reservation> = {}): Reservation {
  return {
    type: "lvmthin",
    total: 500 * GIB,
    volumes: 100 * GIB,
    snapshots: 0,
    rest: 0,
    promised: 0,
    pool: [],
    added: 8 * GIB,
    mark: 0,
    ...changes,
  };
}

/** What is known: guest 101 of somebody's runs, there is room, nothing was interrupted lately. */
export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    subject: 101,
    managed: { first: 100, last: 199 },
    journal: "current",
    place: here(),
    newPlace: { kind: "unknown" },
    made: null,
    snapshotsMade: [],
    since: UNUSED,
    drills: null,
    openTransactions: [OPEN],
    desired: false,
    goldenImages: [GOLDEN],
    storages: {
      "local": { available: 400 * GIB, total: 500 * GIB, pool: null, metadata: null },
      "local-lvm": {
        available: 400 * GIB,
        total: 500 * GIB,
        pool: { available: 300 * GIB, total: 500 * GIB },
        metadata: { available: 3 * GIB, total: 4 * GIB },
      },
    },
    expectedBytes: 8 * GIB,
    reservations: {
      "local": reservation({ type: "dir" }),
      "local-lvm": reservation({ type: "lvmthin" }),
    },
    deeds: [],
    managedGuests: 20,
    runsSince: null,
    backups: 3,
    history: { guestStops: [], guestRestarts: [], hostStops: [], hostRestarts: [] },
    ...unbound(),
    ...changes,
  };
}

/** The golden image that is pinned. */
export const GOLDEN = "local:backup/vzdump-lxc-100-2026_11_01-10_00_00.tar.zst";
/** A backup of guest 101. */
export const BACKUP = "local:backup/vzdump-lxc-101-2026_11_19-01_00_00.tar.zst";

const named = { snapshot: SNAPSHOT.name, taken_at: SNAPSHOT.takenAt };

/** One action of each kind, about guest 101 where it is about one. */
export const ACTION = {
  start: { kind: "guest.start", guest: 101, params: {} },
  shutdown: { kind: "guest.shutdown", guest: 101, params: { timeout: 60, then_kill: false } },
  stop: { kind: "guest.stop", guest: 101, params: {} },
  restart: { kind: "guest.restart", guest: 101, params: { timeout: 60 } },
  settings: { kind: "guest.settings", guest: 101, params: { set: { cores: 2 }, unset: [] } },
  create: {
    kind: "guest.create",
    guest: 101,
    params: {
      image: GOLDEN,
      storage: "local-lvm",
      hostname: "customer-a",
      network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
      cores: 1,
      memory: 512,
      swap: 512,
      onboot: true,
      tags: [],
      description: "",
    },
  },
  snapshot: { kind: "guest.snapshot", guest: 101, params: { snapshot: "before", description: "" } },
  deleteSnapshot: { kind: "guest.delete_snapshot", guest: 101, params: named },
  rollback: { kind: "guest.rollback", guest: 101, params: named },
  backup: {
    kind: "guest.backup",
    guest: 101,
    params: { storage: "local", mode: "snapshot", compress: "zstd", notes: "", protected: false },
  },
  prune: { kind: "guest.prune", guest: 101, params: { backups: [BACKUP] } },
  restoreOver: {
    kind: "guest.restore_over",
    guest: 101,
    params: { backup: BACKUP, storage: "local-lvm", new_vmid: 150 },
  },
  destroy: { kind: "guest.destroy", guest: 101, params: { purge: true } },
  golden: {
    kind: "golden.create",
    guest: 101,
    params: {
      template: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
      hostname: "golden",
      cores: 1,
      memory: 512,
      rootfs: { storage: "local-lvm", gib: 8 },
    },
  },
  mount: {
    kind: "disk.mount",
    guest: null,
    params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
  },
  unmount: {
    kind: "disk.unmount",
    guest: null,
    params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
  },
  rotate: {
    kind: "signers.rotate",
    guest: null,
    params: {
      role: "operational",
      sequence: 2,
      replaces: `sha256:${"0".repeat(64)}`,
      signers: 'anna namespaces="felhom-op-v1" ssh-ed25519 AAAA\n',
    },
  },
} as const satisfies Record<string, Action>;

/** Somebody wants an action: the hub, as a job, in no transaction, unless told otherwise. */
export function intentTo(action: Action, changes: Partial<Intent> = {}): Intent {
  return {
    action,
    origin: "job",
    source: "hub",
    reference: "job-1",
    transaction: null,
    evidence: { why: "the hub asks for it", digest: DIGEST, observedAt: NOW },
    ...changes,
  };
}
