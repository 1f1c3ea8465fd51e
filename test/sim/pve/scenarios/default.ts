import { withOptions } from "../world/config_change.ts";
import type { ConfigFile } from "../world/config_file.ts";
import { disksOf } from "../world/snapshots.ts";
import { backupVolid } from "../world/backup_name.ts";
import type { World } from "../world/world.ts";
import { addSketch, customerHost, type GuestSketch } from "./customer_host.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";

/** The VMIDs that the agent manages in the scenarios of a customer host. */
export const MANAGED_RANGE = { from: 200, to: 299 } as const;

const CUSTOMER = { tags: "customer;felhom" };

const GUESTS: readonly GuestSketch[] = [
  {
    vmid: 100,
    name: "dns",
    cores: 1,
    memory: 256,
    disk: 4,
    written: 0.9,
    hours: 990,
    options: { startup: "order=1,up=10", tags: "infrastructure" },
  },
  {
    vmid: 110,
    name: "tunnel",
    cores: 1,
    memory: 256,
    disk: 4,
    written: 0.7,
    hours: 990,
    options: { startup: "order=2", tags: "infrastructure" },
  },
  {
    vmid: 120,
    name: "old-monitoring",
    cores: 2,
    memory: 1024,
    disk: 16,
    written: 5.2,
    options: { onboot: "0", description: "Kept until the end of the year" },
  },
  {
    vmid: 201,
    name: "acme-web",
    cores: 2,
    memory: 2048,
    disk: 20,
    written: 3.4,
    hours: 700,
    options: { ...CUSTOMER, description: "Acme Ltd., web shop" },
  },
  {
    vmid: 202,
    name: "acme-db",
    cores: 4,
    memory: 4096,
    disk: 40,
    written: 11.8,
    hours: 700,
    options: { ...CUSTOMER, protection: "1" },
  },
  {
    vmid: 210,
    name: "bakery-shop",
    cores: 2,
    memory: 1024,
    disk: 16,
    written: 2.1,
    hours: 52,
    options: CUSTOMER,
  },
  {
    vmid: 220,
    name: "clinic-files",
    cores: 2,
    memory: 2048,
    disk: 100,
    written: 37.5,
    hours: 310,
    options: CUSTOMER,
  },
  {
    vmid: 230,
    name: "school-wiki",
    cores: 1,
    memory: 512,
    disk: 8,
    written: 1.3,
    options: { ...CUSTOMER, onboot: "0" },
  },
  {
    vmid: 900,
    name: "golden-debian-12",
    cores: 1,
    memory: 512,
    disk: 8,
    written: 1.1,
    options: { onboot: "0", features: "keyctl=1,nesting=1", tags: "felhom;golden" },
  },
];

/** What a newcomer sees: a few customers' guests in the managed range, infrastructure outside. */
export function defaultScenario(options: ScenarioOptions): Scenario {
  const scenario = customerHost(options);
  const { world } = scenario;
  for (const sketch of GUESTS) addSketch(world, sketch);
  addSnapshot(world, 201, "before-upgrade", 3);
  for (const [vmid, days] of [[201, 2], [201, 1], [202, 1], [220, 1]] as const) {
    addBackup(world, vmid, { hours: days * 24, protected: false });
  }
  addBackup(world, 900, { hours: 24 * 30, protected: true, notes: "golden image, felhom" });
  addPastTasks(world);
  return scenario;
}

function addSnapshot(world: World, vmid: number, name: string, days: number): void {
  const guest = world.guest(vmid);
  const section = new Map(guest.config.options);
  section.set("snaptime", String(world.epoch - days * 86_400));
  section.set("description", "Before the shop's upgrade");
  const snapshots: ConfigFile["snapshots"] = new Map([[name, section]]);
  guest.config = { ...withOptions(guest.config, { parent: name }), snapshots };
  for (const volume of disksOf(world, section)) {
    volume.snapshots.push({ name, data: volume.data });
  }
}

function addBackup(
  world: World,
  vmid: number,
  options: { readonly hours: number; readonly protected: boolean; readonly notes?: string },
): void {
  const guest = world.guest(vmid);
  const at = (world.epoch - options.hours * 3_600 - (vmid % 60)) * 1000;
  const volid = backupVolid(world, { storage: "local", vmid, at, suffix: "tar.zst" });
  const volume = disksOf(world, guest.config.options)[0];
  world.storage("local").files.set(volid, {
    kind: "backup",
    volid,
    vmid,
    format: "tar.zst",
    size: Math.floor((volume?.data.bytes ?? 0) * 0.31),
    ctime: at / 1000,
    notes: options.notes ?? guest.config.options.get("hostname"),
    protected: options.protected,
    config: { ...guest.config, snapshots: new Map(), pending: new Map() },
    content: new Map([["rootfs", volume?.data ?? { bytes: 0, marks: [] }]]),
    inside: guest.inside,
    truncated: false,
    writing: false,
  });
}

function addPastTasks(world: World): void {
  const past = (type: string, vmid: number, hoursAgo: number, log: readonly string[]) => {
    const at = world.clock.now() - hoursAgo * 3_600_000;
    world.tasks.addPast({
      node: world.node.name,
      pid: world.tasks.nextPid(),
      pstart: Math.floor((at - world.bootedAt) / 10),
      starttime: Math.floor(at / 1000),
      type,
      id: String(vmid),
      user: "root@pam",
    }, { log, ended: at + 4_000 });
  };
  past("vzstart", 220, 310, ["TASK OK"]);
  past("vzsnapshot", 201, 72, ["TASK OK"]);
  past("vzstart", 210, 52, ["TASK OK"]);
  past("vzshutdown", 230, 30, ["TASK OK"]);
}
