import { emptyConfig } from "../world/config_file.ts";
import { runGuest } from "../world/guest_start.ts";
import type { NodeOptions } from "../world/node.ts";
import { Storage } from "../world/storage.ts";
import { STORAGE_TYPES } from "../world/storage_type.ts";
import { type Guest, type Inside, PLAIN_INSIDE } from "../world/guest.ts";
import type { Backup, Template } from "../world/volume.ts";
import type { World } from "../world/world.ts";
import { emptyHost, makeTokens, type Scenario, type ScenarioOptions } from "./scenario.ts";

/** When the first of the captures was taken: epoch milliseconds. */
export const CAPTURES_BEGIN = 1_795_220_056_000;

const GIB = 1024 ** 3;

const NODE: NodeOptions = {
  name: "pve",
  timezone: "Etc/UTC",
  cpus: 2,
  cpuModel: "Intel(R) Xeon(R) Processor",
  memory: 25_276_502_016,
  memoryUsed: 1_023_094_784,
  rootfs: { total: 270_553_174_016, used: 25_698_422_784, avail: 83_245_817_856 },
  bridges: ["vmbr0"],
  kernel: "6.18.44-fc-v669",
  uptime: 2037,
  disks: [],
};

/** The 16 privileges of the token `agent` on `/`. */
export const CAPTURED_ROLE = [
  "Datastore.Allocate",
  "Datastore.AllocateSpace",
  "Datastore.Audit",
  "SDN.Use",
  "Sys.Audit",
  "VM.Allocate",
  "VM.Audit",
  "VM.Backup",
  "VM.Config.CPU",
  "VM.Config.Disk",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.PowerMgmt",
  "VM.Snapshot",
  "VM.Snapshot.Rollback",
] as const;

/**
 * The genuine server that the captures were taken from, as it stood when they began, with guest
 * 104 there already. Its kernel could not plug mount points or rate limits into running guests.
 */
export function capturesScenario(options: ScenarioOptions): Scenario {
  const { world, access } = emptyHost(options, {
    node: NODE,
    storages: storages(),
    lastPid: 6_500,
    quirks: {
      hotplugMount: "failed to change apparmor profile: Invalid argument",
      hotplugRate: (vmid, rate) =>
        `command '/sbin/tc filter add dev veth${vmid}i0 parent ffff: prio 50 basic police rate ${
          Number(rate) * 1_048_576
        }bps burst 1048576b mtu 64kb drop' failed: exit code 2`,
    },
  });
  addGuests(world);
  addFiles(world);

  const user = "felhom-agent@pve";
  access.identities.setUser(user);
  const without = CAPTURED_ROLE.map((privilege) => `no-${privilege.replaceAll(".", "-")}`);
  const names = ["agent", "full", "weak", "expired", "more", ...without];
  const tokens = makeTokens(access, { seed: options.seed, user, names });
  access.setRole("FelhomAgent", CAPTURED_ROLE);
  access.acl.grant({ path: "/", role: "FelhomAgent", to: user });
  for (const name of ["agent", "expired"]) {
    access.acl.grant({ path: "/", role: "FelhomAgent", to: `${user}!${name}` });
  }
  access.acl.grant({ path: "/", role: "Administrator", to: `${user}!more` });
  access.acl.grant({ path: "/vms/101", role: "PVEAuditor", to: `${user}!weak` });
  for (const privilege of CAPTURED_ROLE) {
    const name = `no-${privilege.replaceAll(".", "-")}`;
    access.setRole(`Felhom-${name}`, CAPTURED_ROLE.filter((each) => each !== privilege));
    access.acl.grant({ path: "/", role: `Felhom-${name}`, to: `${user}!${name}` });
  }
  setOdd(access.identities, tokens, user);
  const others = makeTokens(access, {
    seed: options.seed + 1,
    user: "other@pve",
    names: ["other"],
  });
  access.identities.setUser("other@pve");
  return { world, access, tokens: { ...tokens, ...others }, defaultToken: "agent" };
}

function setOdd(
  identities: {
    setToken(full: string, token: { secret: string; privsep?: boolean; expire?: number }): void;
  },
  tokens: Scenario["tokens"],
  user: string,
): void {
  identities.setToken(`${user}!full`, { secret: tokens["full"]?.secret ?? "", privsep: false });
  identities.setToken(`${user}!expired`, { secret: tokens["expired"]?.secret ?? "", expire: 1000 });
}

function storages(): Storage[] {
  return [
    new Storage({
      id: "local",
      type: STORAGE_TYPES.dir,
      content: ["backup", "images", "iso", "rootdir", "snippets", "vztmpl"],
      path: "/var/lib/vz",
      total: 270_553_174_016,
      otherUsed: 25_590_000_000,
      reserved: 161_609_000_000,
    }),
    new Storage({
      id: "ctbtrfs",
      type: STORAGE_TYPES.btrfs,
      content: ["images", "rootdir"],
      path: "/var/lib/vz-btrfs",
      total: 12_884_901_888,
      otherUsed: 5_000_000,
      reserved: 548_208_640,
      isMountpoint: true,
    }),
  ];
}

function addGuests(world: World): void {
  const tiny = addGuest(world, 101, {
    arch: "amd64",
    cores: "1",
    hostname: "tiny101",
    memory: "128",
    net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:85:7C:49,ip=10.77.0.101/24,type=veth",
    ostype: "unmanaged",
    rootfs: "ctbtrfs:101/vm-101-disk-0.raw,size=1G",
    swap: "0",
    unprivileged: "1",
  });
  runGuest(world, tiny);
  tiny.running = {
    pid: 5481,
    since: world.clock.now() - 172_000,
    memory: 454_656,
    netin: 0,
    netout: 0,
  };
  addGuest(world, 102, {
    arch: "amd64",
    cores: "1",
    description: "Felhom demo\nsecond line \u2014 with \u00fcn\u00efcode",
    hostname: "deb102",
    memory: "128",
    net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:8B:42:E2,ip=10.77.0.102/24,type=veth",
    ostype: "debian",
    rootfs: "ctbtrfs:102/vm-102-disk-0.raw,size=2G",
    swap: "0",
    tags: "demo;felhom",
    unprivileged: "1",
  });
  addGuest(world, 103, {
    arch: "amd64",
    cores: "1",
    hostname: "tiny103",
    memory: "128",
    mp0: "ctbtrfs:103/vm-103-disk-0.raw,mp=/data,backup=1,size=1G",
    net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:7E:61:C7,ip=dhcp,type=veth",
    onboot: "1",
    ostype: "unmanaged",
    rootfs: "local:103/vm-103-disk-0.raw,size=1G",
    startup: "order=2",
    swap: "0",
    unprivileged: "1",
  });
  const stubborn = addGuest(world, 104, {
    arch: "amd64",
    cores: "1",
    hostname: "stubborn",
    memory: "64",
    ostype: "unmanaged",
    rootfs: "ctbtrfs:104/vm-104-disk-0.raw,size=1G",
    swap: "0",
    unprivileged: "1",
  });
  stubborn.inside = { ...stubborn.inside, temperament: "stubborn" };
  addDisk(world, "ctbtrfs", 101, 1 * GIB, 2_101_248);
  addDisk(world, "ctbtrfs", 102, 2 * GIB, 94_689_280);
  addDisk(world, "local", 103, 1 * GIB, 2_101_248);
  addDisk(world, "ctbtrfs", 103, 1 * GIB, 4_096);
  addDisk(world, "ctbtrfs", 104, 1 * GIB, 2_105_344);
}

function addGuest(world: World, vmid: number, options: Readonly<Record<string, string>>): Guest {
  return world.addGuest(vmid, emptyConfig(Object.entries(options)), TINY);
}

const TINY: Inside = { ...PLAIN_INSIDE, appetite: 454_656 };

function addDisk(world: World, storage: string, vmid: number, bytes: number, data: number): void {
  const ctime = 1_795_219_999;
  const volume = world.storage(storage).allocate(vmid, { bytes, ctime });
  volume.data = { bytes: data, marks: [`ct${vmid}`] };
}

function addFiles(world: World): void {
  const local = world.storage("local");
  const template = (
    name: string,
    details: Partial<Template> & Pick<Template, "size" | "ctime" | "ostype" | "bytes">,
  ) => {
    const volid = `local:vztmpl/${name}`;
    local.files.set(volid, {
      kind: "template",
      volid,
      architecture: "detected",
      inside: TINY,
      ...details,
    });
  };
  template("busybox-tiny_1.35_amd64.tar.zst", {
    size: 1_081_108,
    ctime: 1_795_219_543,
    ostype: "unmanaged",
    bytes: 2_140_160,
    architecture: "unknown",
  });
  template("debian-12-sysv_12.0_amd64.tar.zst", {
    size: 29_867_260,
    ctime: 1_795_219_575,
    ostype: "debian",
    bytes: 90_071_040,
  });
  template("stubborn_1_amd64.tar.zst", {
    size: 1_081_200,
    ctime: 1_795_219_600,
    ostype: "unmanaged",
    bytes: 2_140_160,
    architecture: "unknown",
    inside: { ...TINY, temperament: "stubborn" },
  });
  template("debian-16-future_16.1_amd64.tar.zst", {
    size: 29_867_300,
    ctime: 1_795_219_600,
    ostype: "debian",
    bytes: 90_071_040,
    inside: {
      ...TINY,
      warning:
        "The container's Debian version '16' is newer than the tested version '14'. While everything may work fine, full compatibility cannot be guaranteed. Please check for PVE system updates.",
    },
  });
  const backup = (time: string, ctime: number, size: number, notes: string | undefined) => {
    const volid = `local:backup/vzdump-lxc-101-2026_11_21-${time}.tar.zst`;
    const file: Backup = {
      kind: "backup",
      volid,
      vmid: 101,
      format: "tar.zst",
      size,
      ctime,
      notes,
      protected: false,
      config: emptyConfig(world.guest(101).config.options),
      content: new Map([["rootfs", { bytes: 2_447_360, marks: ["ct101"] }]]),
      inside: TINY,
      truncated: false,
      writing: false,
    };
    local.files.set(volid, file);
  };
  backup("00_11_19", 1_795_219_879, 1_084_454, undefined);
  backup("00_11_20", 1_795_219_880, 1_084_474, "tiny101 x");
}
