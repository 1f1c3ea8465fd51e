import type { Simulator, WorldFault } from "../../sim/mod.ts";
import { GOLDEN } from "../../sim/pve/scenarios/mixed.ts";
import { backupOf, type Order } from "./every_kind.ts";
import { endsOf, type WorldEnd } from "./world_ends.ts";

type World = Simulator["pve"]["world"];
type Faults = (order: Order, world: World) => readonly WorldFault[];
type Lift = (order: Order, simulator: Simulator) => void;

/** One way in which the host itself goes wrong while something is done to a guest. */
export interface WorldCase {
  readonly name: string;
  /** When it befalls: once it is asked for (and signed), or at the work of its task. */
  readonly when: "asked" | "at work";
  /** What befalls, for one order. */
  readonly faults: Faults;
  /** What is done about it on the host, so that what waits can go on. @default nothing */
  readonly lift?: Lift;
  /** Whether it befalls the whole host: then one order comes after the other. */
  readonly wide?: boolean;
  /** Whether its task stands still, which nobody meets as an obstacle. */
  readonly hangs?: boolean;
  /** How an order is to end; `undefined` where it has nothing that this could befall. */
  readonly end: (order: Order) => WorldEnd | undefined;
}

type Told = Omit<WorldCase, "end" | "when">;

/** Where the guests have their volumes, and where their backups are. */
const VOLUMES = "local-zfs";
const BACKUPS = "local";

const change = (set: Readonly<Record<string, string>>): Faults => ({ guest: vmid }) => [
  { kind: "change-config", vmid, set },
];
/** A MAC of its own for each guest: one that another guest has would keep the guest from starting. */
const otherMac: Faults = ({ guest: vmid }) => {
  const [high, low] = [vmid >> 8 & 0xff, vmid & 0xff].map((byte) =>
    byte.toString(16).toUpperCase().padStart(2, "0")
  );
  const hwaddr = `BC:24:11:F0:${high}:${low}`;
  const net0 = `name=eth0,bridge=vmbr0,hwaddr=${hwaddr},type=veth`;
  return [{ kind: "change-config", vmid, set: { net0 } }];
};
const locked = (lock: string): Faults => ({ guest: vmid }) => [{ kind: "lock", vmid, lock }];
const unlock: Lift = ({ guest: vmid }, { pve }) => {
  if (pve.world.guests.has(vmid)) pve.inject({ kind: "lock", vmid, lock: null });
};
const held = (ms: number): Faults => ({ about: vmid }) => [{ kind: "hold-lock-file", vmid, ms }];
const freed: Lift = ({ about: vmid }, { pve }) => pve.inject({ kind: "free-lock-file", vmid });
const filled = (storage: string): Faults => () => [{ kind: "fill", storage, leave: 1024 }];
const emptied = (storage: string): Lift => (_, { pve: { world } }) => {
  world.storage(storage).ballast = 0;
};
const unmounted = (storage: string): Faults => () => [{ kind: "unmount", storage }];
const remounted = (storage: string): Lift => (_, { pve }) =>
  pve.inject({ kind: "remount", storage });
const volumeLost: Faults = ({ guest }) => [
  { kind: "lose-volume", volid: `${VOLUMES}:subvol-${guest}-disk-0` },
];
const archiveCut: Faults = ({ kind, guest }, world) => [
  { kind: "truncate-backup", volid: backupOf(world, kind === "guest.create" ? GOLDEN : guest) },
];
const taskMeets = (fault: "fail" | "warn"): Faults => ({ about: vmid }) => [
  { kind: "task", vmid, fate: { kind: fault, message: "no luck" } },
];

function asked(told: Told): WorldCase {
  return { ...told, when: "asked", end: endsOf("asked", told.name) };
}

function atWork(told: Told): WorldCase {
  return { ...told, when: "at work", end: endsOf("at work", told.name) };
}

/** A case for each moment: the same befalls once it is asked for, and at the work of its task. */
function both(told: Told): WorldCase[] {
  const meets: Faults = (order, world) =>
    told.faults(order, world).map((fault) => {
      if (fault.kind === "during-task") throw new Error("It befalls at work already");
      return { kind: "during-task", vmid: order.about, fault };
    });
  return [asked(told), atWork({ ...told, faults: meets })];
}

/** Every fault of the simulator's host half. Each is played; `remount` is what ends `unmount`. */
export const WORLD_CASES: readonly WorldCase[] = [
  atWork({ name: "task fails", faults: taskMeets("fail") }),
  atWork({ name: "task warns", faults: taskMeets("warn") }),
  atWork({
    name: "task hangs, is killed",
    faults: ({ about: vmid }) => [{ kind: "task", vmid, fate: { kind: "stuck" } }],
    lift: (_, { pve }) => pve.inject({ kind: "restart-daemon" }),
    wide: true,
    hangs: true,
  }),
  atWork({
    name: "daemon restarts",
    faults: ({ about: vmid }) => [
      { kind: "during-task", vmid, fault: { kind: "restart-daemon" } },
    ],
    wide: true,
  }),
  ...both({ name: "guest vanishes", faults: ({ guest: vmid }) => [{ kind: "vanish", vmid }] }),
  ...both({ name: "guest dies", faults: ({ guest: vmid }) => [{ kind: "crash", vmid }] }),
  asked({
    name: "guest is stubborn",
    faults: ({ guest: vmid }) => [{ kind: "stubborn", vmid, stubborn: true }],
  }),
  ...both({ name: "description changes", faults: change({ description: "somebody was here" }) }),
  asked({
    name: "MAC changes",
    faults: otherMac,
  }),
  asked({ name: "protection is set", faults: change({ protection: "1" }) }),
  ...both({ name: "lock=backup", faults: locked("backup"), lift: unlock }),
  asked({ name: "lock=mounted", faults: locked("mounted"), lift: unlock }),
  // A task waits for it for ten seconds (FACTS §3.6).
  asked({ name: "lock file held for 3 s", faults: held(3_000), lift: freed }),
  asked({ name: "lock file held for 1 h", faults: held(60 * 60_000), lift: freed }),
  ...both({
    ...{ name: "volumes' storage full", faults: filled(VOLUMES), lift: emptied(VOLUMES) },
    wide: true,
  }),
  ...both({
    ...{ name: "backups' storage full", faults: filled(BACKUPS), lift: emptied(BACKUPS) },
    wide: true,
  }),
  ...both({
    ...{ name: "volumes' storage gone", faults: unmounted(VOLUMES), lift: remounted(VOLUMES) },
    wide: true,
  }),
  ...both({
    ...{ name: "backups' storage gone", faults: unmounted(BACKUPS), lift: remounted(BACKUPS) },
    wide: true,
  }),
  ...both({ name: "volume is gone", faults: volumeLost }),
  ...both({ name: "archive is cut off", faults: archiveCut }),
];
