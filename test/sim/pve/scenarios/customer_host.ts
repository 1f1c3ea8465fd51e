import { emptyConfig } from "../world/config_file.ts";
import { type Guest, PLAIN_INSIDE } from "../world/guest.ts";
import { runGuest } from "../world/guest_start.ts";
import type { NodeOptions } from "../world/node.ts";
import { randomMac } from "../world/random.ts";
import { formatSize } from "../world/size.ts";
import { Storage } from "../world/storage.ts";
import { STORAGE_TYPES } from "../world/storage_type.ts";
import type { World } from "../world/world.ts";
import { grantLeastPrivilege } from "./least_privilege.ts";
import { emptyHost, makeTokens, type Scenario, type ScenarioOptions } from "./scenario.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** The host of a small provider: eight cores, 64 GiB, a ZFS pool for guests. */
export const CUSTOMER_NODE: NodeOptions = {
  name: "pve",
  timezone: "Europe/Budapest",
  cpus: 8,
  cpuModel: "Intel(R) Xeon(R) E-2388G CPU @ 3.20GHz",
  memory: 64 * GIB,
  memoryUsed: 3 * GIB,
  rootfs: { total: 94 * GIB, used: 21 * GIB, avail: 68 * GIB },
  bridges: ["vmbr0"],
  kernel: "6.14.11-2-pve",
  uptime: 41 * 86_400 + 7 * 3_600,
  disks: [
    {
      devpath: "/dev/nvme0n1",
      size: 1_024_209_543_168,
      model: "SAMSUNG MZVL21T0HCLR-00B00",
      serial: "S676NF0R000001",
      vendor: "unknown",
      health: "PASSED",
      used: "ZFS",
      gpt: 1,
      mounted: 0,
      type: "nvme",
      rpm: 0,
      wearout: 97,
      by_id_link: "/dev/disk/by-id/nvme-SAMSUNG_MZVL21T0HCLR-00B00_S676NF0R000001",
    },
    {
      devpath: "/dev/sda",
      size: 4_000_787_030_016,
      model: "WDC_WD40EFRX-68N32N0",
      serial: "WD-WCC7K0000001",
      vendor: "ATA",
      health: "PASSED",
      used: "ext4",
      gpt: 1,
      mounted: 1,
      type: "hdd",
      rpm: 5400,
      wearout: "N/A",
      by_id_link: "/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0000001",
    },
  ],
};

/** The host without a guest: storages, templates, the user and its token with the least role. */
export function customerHost(options: ScenarioOptions): Scenario {
  const { world, access } = emptyHost(options, {
    node: CUSTOMER_NODE,
    storages: [
      new Storage({
        id: "local",
        type: STORAGE_TYPES.dir,
        content: ["backup", "iso", "vztmpl"],
        path: "/var/lib/vz",
        total: 400 * GIB,
        otherUsed: 21 * GIB,
      }),
      new Storage({
        id: "local-zfs",
        type: STORAGE_TYPES.zfspool,
        content: ["images", "rootdir"],
        path: "rpool/data",
        total: 900 * GIB,
        otherUsed: 1 * GIB,
      }),
    ],
  });
  world.storage("local").files.set("local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst", {
    kind: "template",
    volid: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst",
    size: 126_515_062,
    ctime: world.epoch - 60 * 86_400,
    ostype: "debian",
    bytes: 520 * MIB,
    architecture: "detected",
    inside: { ...PLAIN_INSIDE, systemd: 252 },
  });
  const user = "felhom@pve";
  access.identities.setUser(user);
  const tokens = makeTokens(access, { seed: options.seed, user, names: ["agent"] });
  grantLeastPrivilege(access, {
    to: [user, `${user}!agent`],
    node: CUSTOMER_NODE.name,
    storages: ["local", "local-zfs"],
    bridges: CUSTOMER_NODE.bridges,
  });
  addStartup(world);
  return { world, access, tokens, defaultToken: "agent" };
}

/** A guest as an operator would describe it. */
export interface GuestSketch {
  readonly vmid: number;
  readonly name: string;
  readonly cores: number;
  /** MiB. */
  readonly memory: number;
  /** GiB of root file system, and how many of them are written. */
  readonly disk: number;
  readonly written: number;
  /** For how many hours it has been running; absent when it is stopped. */
  readonly hours?: number;
  readonly options?: Readonly<Record<string, string>>;
}

/** Every boot of a node starts the guests that are to run, in a task that no guest is named in. */
function addStartup(world: World): void {
  world.tasks.addPast({
    ...{ node: world.node.name, pid: world.tasks.nextPid(), pstart: 2_000 },
    ...{ type: "startall", id: "", user: "root@pam" },
    starttime: Math.floor(world.bootedAt / 1000) + 20,
  }, { log: ["TASK OK"], ended: world.bootedAt + 24_000 });
}

/** Puts a guest with its disk onto the host. */
export function addSketch(world: World, sketch: GuestSketch): Guest {
  const { vmid, name, cores, memory, disk, written, hours } = sketch;
  const volume = world.storage("local-zfs").allocate(vmid, {
    bytes: disk * GIB,
    ctime: world.epoch - vmid * 3_600,
  });
  volume.data = { bytes: Math.floor(written * GIB), marks: [`ct${vmid}`] };
  const net = `name=eth0,bridge=vmbr0,hwaddr=${randomMac(world.random)},ip=10.20.${vmid >> 8}.${
    vmid & 255
  }/16,type=veth`;
  const config = emptyConfig(Object.entries({
    arch: "amd64",
    cores: String(cores),
    features: "nesting=1",
    hostname: name,
    memory: String(memory),
    net0: net,
    onboot: "1",
    ostype: "debian",
    rootfs: `${volume.volid},size=${formatSize(volume.size)}`,
    swap: "512",
    unprivileged: "1",
    ...sketch.options,
  }));
  const guest = world.addGuest(vmid, config, {
    appetite: Math.floor(memory * MIB * 0.4),
    systemd: 252,
  });
  if (hours !== undefined) {
    runGuest(world, guest);
    if (guest.running !== undefined) {
      const since = world.clock.now() - hours * 3_600_000;
      guest.running = { ...guest.running, since, netin: hours * 41_000, netout: hours * 67_000 };
    }
  }
  return guest;
}
