import { type Action, type ActionKind, readAction } from "../../../src/action/mod.ts";
import type { Simulator } from "../../sim/mod.ts";

type World = Simulator["pve"]["world"];

/** Something that is asked for once, of a guest of the mixed host that nothing else is asked of. */
export interface Order {
  /** Its kind, and what of it a fault befalls where it makes several calls. */
  readonly name: string;
  readonly kind: ActionKind;
  /** The guest that is asked for; for what makes one, the VMID that it is made under. */
  readonly guest: number;
  /** The VMID that its calls and tasks are about. */
  readonly about: number;
  /** Whether an operator has to sign it. */
  readonly signed: boolean;
  /** Whether Proxmox answers it with a task. */
  readonly hasTask: boolean;
  /** Of the call that a fault befalls. */
  readonly methods: readonly ("POST" | "PUT" | "DELETE")[];
  /** Whether the work comes after that call: then it is not done when its answer is lost. */
  readonly isGuard: boolean;
  readonly params: (world: World) => unknown;
}

/** The guests of the mixed host that the orders take, the even ones running. */
export const MIXED_GUESTS = 24;
/** VMIDs that are free on it. */
const FREE = { create: 260, restoreOver: 261 };
/** The snapshot that each of its guests has. */
const SNAPSHOT = "before";

function order(
  kind: ActionKind,
  guest: number,
  params: Order["params"] = () => ({}),
  more: Partial<Order> = {},
): Order {
  return {
    ...{ name: kind, kind, guest, about: guest, signed: false, hasTask: true, isGuard: false },
    methods: ["POST", "PUT", "DELETE"],
    params,
    ...more,
  };
}

const withSnapshot = (guest: number) => (world: World) => ({
  snapshot: SNAPSHOT,
  taken_at: Number(world.guest(guest).config.snapshots.get(SNAPSHOT)?.get("snaptime")),
});

/** One of each kind that goes through Proxmox. */
export const EVERY_KIND: readonly Order[] = [
  order("guest.start", 201),
  order("guest.shutdown", 202, () => ({ timeout: 60, then_kill: false })),
  order("guest.stop", 204),
  order("guest.restart", 206, () => ({ timeout: 60 })),
  order("guest.settings", 208, () => ({ set: { cores: 3 }, unset: [] }), { hasTask: false }),
  order("guest.create", FREE.create, (world) => ({
    image: backupOf(world, 199),
    storage: "local-zfs",
    hostname: "florist",
    network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
    ...{ cores: 2, memory: 1024, swap: 0, onboot: true, tags: ["customer"], description: "" },
  })),
  order("guest.snapshot", 210, () => ({ snapshot: "fresh", description: "" })),
  order("guest.delete_snapshot", 212, withSnapshot(212), { signed: true }),
  order("guest.rollback", 214, withSnapshot(214), { signed: true }),
  order("guest.backup", 216, () => ({
    ...{ storage: "local", mode: "snapshot", compress: "zstd", notes: "", protected: false },
  })),
  order("guest.prune", 218, (world) => ({ backups: [backupOf(world, 218)] }), { signed: true }),
  order("guest.restore_over", 220, (world) => ({
    backup: backupOf(world, 220),
    storage: "local-zfs",
    new_vmid: FREE.restoreOver,
  }), { signed: true, about: FREE.restoreOver }),
  order("guest.destroy", 221, () => ({ purge: false }), { signed: true, methods: ["DELETE"] }),
  order("guest.destroy", 223, () => ({ purge: false }), {
    ...{ name: "guest.destroy (guard)", signed: true, methods: ["PUT"], isGuard: true },
  }),
];

/** The action that is asked for, as the host is now. */
export function actionOf({ kind, guest, params }: Order, world: World): Action {
  const read = readAction({ kind, guest, params: params(world) });
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

/** The backup that a guest of the mixed host has from the beginning. */
export function backupOf(world: World, guest: number): string {
  for (const file of world.storage("local").files.values()) {
    if (file.kind === "backup" && file.vmid === guest) return file.volid;
  }
  throw new Error(`Guest ${guest} has no backup`);
}
