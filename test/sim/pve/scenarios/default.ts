import type { World } from "../world/world.ts";
import { addSketch, customerHost, type GuestSketch } from "./customer_host.ts";
import { addBackup, addSnapshot } from "./restore_points.ts";
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
  addSnapshot(world, 201, { name: "before-upgrade", days: 3 });
  for (const [vmid, days] of [[201, 2], [201, 1], [202, 1], [220, 1]] as const) {
    addBackup(world, vmid, { hours: days * 24, protected: false });
  }
  addBackup(world, 900, { hours: 24 * 30, protected: true, notes: "golden image, felhom" });
  addPastTasks(world);
  return scenario;
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
