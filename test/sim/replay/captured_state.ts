import { z } from "zod";
import type { Clock } from "../../../src/clock.ts";
import type { Pools } from "../pve/access/pools.ts";
import { type ConfigFile, emptyConfig } from "../pve/world/config_file.ts";
import { PLAIN_INSIDE } from "../pve/world/guest.ts";
import { Storage } from "../pve/world/storage.ts";
import { STORAGE_TYPES } from "../pve/world/storage_type.ts";
import { type Backup, NO_DATA, parseBackupName, type Template } from "../pve/world/volume.ts";
import { World } from "../pve/world/world.ts";
import type { Capture } from "./captures.ts";

/** The captures by name, as the state is read out of them. */
export type Captures = ReadonlyMap<string, Capture>;

const status = z.object({
  data: z.object({
    cpuinfo: z.object({ cpus: z.number(), model: z.string() }),
    memory: z.object({ total: z.number(), used: z.number() }),
    rootfs: z.object({ total: z.number(), used: z.number(), avail: z.number() }),
    kversion: z.string(),
    uptime: z.number(),
  }),
});

const nodes = z.object({ data: z.tuple([z.object({ ssl_fingerprint: z.string() })]) });

/** The host of the captures: its two storages and its templates, without guests. */
export function capturedHost(
  captures: Captures,
  options: { readonly clock: Clock; readonly pools: Pools },
): World {
  const { data } = status.parse(required(captures, "get-node-status").body);
  const local = new Storage({
    id: "local",
    type: STORAGE_TYPES.dir,
    content: ["rootdir", "vztmpl", "images", "iso", "snippets", "backup"],
    path: "/var/lib/vz",
    total: data.rootfs.total,
    otherUsed: data.rootfs.used,
    reserved: data.rootfs.total - data.rootfs.used - data.rootfs.avail,
  });
  const btrfs = new Storage({
    id: "ctbtrfs",
    type: STORAGE_TYPES.btrfs,
    content: ["rootdir", "images"],
    path: "/var/lib/vz-btrfs",
    total: 12 * 1024 ** 3,
    otherUsed: 4 * 1024 ** 2,
    isMountpoint: true,
  });
  for (const template of TEMPLATES) local.files.set(template.volid, template);
  return new World({
    clock: options.clock,
    pools: options.pools,
    seed: 1,
    storages: [local, btrfs],
    node: {
      name: "pve",
      timezone: "Etc/UTC",
      cpus: data.cpuinfo.cpus,
      cpuModel: data.cpuinfo.model,
      memory: data.memory.total,
      memoryUsed: data.memory.used,
      rootfs: data.rootfs,
      bridges: ["vmbr0"],
      kernel: data.kversion.split(" ")[1] ?? "",
      uptime: data.uptime,
      disks: [],
    },
    certificates: [{
      filename: "pve-ssl.pem",
      fingerprint: nodes.parse(required(captures, "get-nodes").body).data[0].ssl_fingerprint,
      subject: "/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=pve",
      issuer: "/CN=Proxmox Virtual Environment/OU=captured/O=PVE Cluster Manager CA",
      notbefore: 0,
      notafter: 2_000_000_000,
      san: ["pve"],
      pem: "",
      "public-key-type": "rsaEncryption",
      "public-key-bits": 2048,
    }],
    quirks: {
      hotplugMount: "failed to change apparmor profile: Invalid argument",
      hotplugRate: (vmid) =>
        `command '/sbin/tc filter add dev veth${vmid}i0 parent ffff: prio 50 basic ` +
        "police rate 10485760bps burst 1048576b mtu 64kb drop' failed: exit code 2",
    },
  });
}

const MEBIBYTE = 1024 ** 2;

/** A template archive on `local`. */
export function template(
  name: string,
  options: Partial<Omit<Template, "kind" | "volid">> = {},
): Template {
  return {
    kind: "template",
    volid: `local:vztmpl/${name}`,
    size: MEBIBYTE,
    ctime: 1_795_219_543,
    ostype: "unmanaged",
    bytes: 2 * MEBIBYTE,
    inside: PLAIN_INSIDE,
    architecture: "unknown",
    ...options,
  };
}

const TEMPLATES: readonly Template[] = [
  template("busybox-tiny_1.35_amd64.tar.zst"),
  template("debian-12-sysv_12.0_amd64.tar.zst", {
    ostype: "debian",
    bytes: 90 * MEBIBYTE,
    architecture: "detected",
  }),
];

/** Templates that were put there on the way. */
export const LATER_TEMPLATES = {
  stubborn: template("stubborn_1_amd64.tar.zst", {
    inside: { ...PLAIN_INSIDE, temperament: "stubborn" },
  }),
  future: template("debian-16-future_16.1_amd64.tar.zst", {
    ostype: "debian",
    bytes: 90 * MEBIBYTE,
    architecture: "detected",
    inside: {
      ...PLAIN_INSIDE,
      warning:
        "The container's Debian version '16' is newer than the tested version '14'. While everything may work fine, full compatibility cannot be guaranteed. Please check for PVE system updates.",
    },
  }),
} satisfies Record<string, Template>;

const taskRows = z.object({
  data: z.array(z.object({
    upid: z.string(),
    endtime: z.number().optional(),
    status: z.string().optional(),
  })),
});

/** The finished tasks that a capture of a task list shows, oldest first, and how each ended. */
export function endedTasks(
  capture: Capture,
): { upid: string; endtime: number; status: string }[] {
  return taskRows.parse(capture.body).data.flatMap(({ upid, endtime, status }) =>
    endtime === undefined || status === undefined ? [] : [{ upid, endtime, status }]
  ).toReversed();
}

const config = z.object({ data: z.record(z.string(), z.unknown()) });
const raw = z.array(z.tuple([z.string(), z.string()]));

/** The configuration that a capture of `GET config` shows. */
export function configOf(
  captures: Captures,
  name: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): ConfigFile {
  const { data } = config.parse(required(captures, name).body);
  const { digest: _digest, lxc, ...shown } = data;
  const options = new Map<string, string>();
  for (const [key, value] of Object.entries({ ...shown, ...changes })) {
    if (value !== undefined) options.set(key, String(value).replace(/\n$/, ""));
  }
  return { ...emptyConfig(options), raw: lxc === undefined ? [] : raw.parse(lxc) };
}

const content = z.object({
  data: z.array(z.object({ volid: z.string(), notes: z.string().optional() })),
});

/** What a capture of a storage's content lists. */
export function contentOf(capture: Capture): { volid: string; notes?: string | undefined }[] {
  return content.parse(capture.body).data;
}

/** An archive as it lies on `local`, of a guest that had that configuration. */
export function archive(
  name: string,
  config: ConfigFile,
  options: Partial<Pick<Backup, "notes" | "protected" | "truncated" | "size" | "content">> = {},
): Backup {
  const volid = `local:backup/${name}`;
  const parsed = parseBackupName(volid);
  if (parsed === undefined) throw new Error(`Cannot take "${name}" for an archive's name`);
  return {
    kind: "backup",
    volid,
    size: MEBIBYTE,
    notes: undefined,
    protected: false,
    inside: PLAIN_INSIDE,
    content: new Map([["rootfs", { ...NO_DATA, bytes: 2 * MEBIBYTE }]]),
    truncated: false,
    writing: false,
    ...parsed,
    config,
    ...options,
  };
}

/** @throws {Error} when no capture has that name */
export function required(captures: Captures, name: string): Capture {
  const capture = captures.get(name);
  if (capture === undefined) throw new Error(`Cannot find a capture "${name}"`);
  return capture;
}
