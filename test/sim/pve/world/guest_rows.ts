import { parseMountPoint } from "./mount_point.ts";
import { type Guest, guestName, lockOf } from "./guest.ts";
import type { World } from "./world.ts";

const MIB = 1024 * 1024;
/** What a list shows where the configuration does not say (FACTS §3.2). */
const DEFAULT_MEMORY = 512 * MIB;
const DEFAULT_DISK = 4 * 1024 * MIB;

/** A row of `GET /nodes/{node}/lxc`, which `status/current` gives too. Bytes and seconds. */
export function guestRow(world: World, guest: Guest): Record<string, unknown> {
  const { options } = guest.config;
  const running = guest.running;
  const root = parseMountPoint("rootfs", options.get("rootfs") ?? "");
  const volume = world.volume(root.volume);
  const cores = options.get("cores");
  const cpulimit = options.get("cpulimit");
  const row: Record<string, unknown> = {
    vmid: guest.vmid,
    name: guestName(guest),
    status: running === undefined ? "stopped" : "running",
    type: "lxc",
    // `cpulimit` comes out of the file as text (FACTS §1.4).
    cpus: cores !== undefined ? Number(cores) : cpulimit ?? world.node.cpus,
    cpu: 0,
    mem: running?.memory ?? 0,
    maxmem: options.has("memory") ? Number(options.get("memory")) * MIB : DEFAULT_MEMORY,
    swap: 0,
    maxswap: Number(options.get("swap") ?? 0) * MIB,
    disk: running === undefined ? 0 : volume?.data.bytes ?? 0,
    maxdisk: running === undefined
      ? root.size ?? DEFAULT_DISK
      : usableSize(volume?.size ?? root.size ?? DEFAULT_DISK),
    uptime: running === undefined ? 0 : uptimeOf(world, running.since),
    netin: running?.netin ?? 0,
    netout: running?.netout ?? 0,
    diskread: 0,
    diskwrite: 0,
  };
  if (running !== undefined) {
    row["pid"] = running.pid;
    for (const kind of ["cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"]) {
      row[`pressure${kind}`] = null;
    }
  }
  const tags = options.get("tags");
  if (tags !== undefined) row["tags"] = tags;
  const lock = lockOf(guest);
  if (lock !== undefined) row["lock"] = lock;
  if (options.get("template") === "1") row["template"] = 1;
  return row;
}

/** A row of `GET /cluster/resources?type=vm`: `maxcpu` not `cpus`, and `template` always there. */
export function guestResource(world: World, guest: Guest): Record<string, unknown> {
  const row = guestRow(world, guest);
  const resource: Record<string, unknown> = {
    id: `lxc/${guest.vmid}`,
    node: world.node.name,
    template: row["template"] ?? 0,
    maxcpu: row["cpus"],
    memhost: 0,
  };
  const copied = [
    "vmid",
    "name",
    "status",
    "type",
    "cpu",
    "mem",
    "maxmem",
    "disk",
    "maxdisk",
    "uptime",
    "netin",
    "netout",
    "diskread",
    "diskwrite",
    "tags",
    "lock",
  ];
  for (const key of copied) if (row[key] !== undefined) resource[key] = row[key];
  const pool = world.pools.poolOf(guest.vmid);
  if (pool !== undefined) resource["pool"] = pool;
  return resource;
}

/** `GET interfaces`: null when stopped (FACTS §3.2). */
export function interfaceRows(guest: Guest): Record<string, unknown>[] | null {
  if (guest.running === undefined) return null;
  // What Proxmox does not know how to set up inside has no address (capture of a busybox guest).
  const managed = guest.config.options.get("ostype") !== "unmanaged";
  const loopback = managed ? "127.0.0.1/8" : undefined;
  const rows: Record<string, unknown>[] = [interfaceRow("lo", "00:00:00:00:00:00", loopback)];
  for (const [key, text] of guest.config.options) {
    if (!/^net\d+$/.test(key)) continue;
    const property = (name: string) =>
      text.split(",").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
    const ip = property("ip");
    rows.push(interfaceRow(
      property("name") ?? key,
      (property("hwaddr") ?? "").toLowerCase(),
      managed && ip?.includes("/") === true ? ip : undefined,
    ));
  }
  return rows;
}

function interfaceRow(name: string, hwaddr: string, address: string | undefined) {
  const row: Record<string, unknown> = {
    name,
    hwaddr,
    "hardware-address": hwaddr,
    "ip-addresses": [],
  };
  if (address !== undefined) {
    const [ip, prefix] = address.split("/");
    row["inet"] = address;
    row["ip-addresses"] = [{ "ip-address": ip, "ip-address-type": "inet", prefix: Number(prefix) }];
  }
  return row;
}

function uptimeOf(world: World, since: number): number {
  return Math.max(0, Math.floor((world.clock.now() - since) / 1000));
}

/** What `df` shows of an ext4 of that size: inodes and journal are gone (capture 1G → 1020702720). */
function usableSize(bytes: number): number {
  const journal = bytes >= 2 * 1024 ** 3 ? 64 * MIB : 32 * MIB;
  const usable = bytes - bytes / 64 - journal - bytes * 0.0025;
  return Math.max(0, Math.floor(usable / 4096) * 4096);
}
