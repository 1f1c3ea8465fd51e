import { devices, mountPoints, networks } from "./indexed.ts";
import { boolean, integer, number, oneOf, text } from "./parameter.ts";
import { DEVICE, FEATURES, MOUNT_POINT, NET, ROOTFS } from "./property_formats.ts";

/** Options of a container that both creation and `PUT config` take (FACTS §3.1). */
export function lxcOptions() {
  return Object.assign(
    {
      arch: oneOf(["amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"]).optional(),
      cmode: oneOf(["shell", "console", "tty"]).optional(),
      console: boolean().optional(),
      cores: integer({ minimum: 1, maximum: 8192 }).optional(),
      cpulimit: number({ minimum: 0, maximum: 8192 }).optional(),
      cpuunits: integer({ minimum: 0, maximum: 500_000 }).optional(),
      debug: boolean().optional(),
      description: text({ maxLength: 8192 }).optional(),
      entrypoint: text({ pattern: `(?:${PRINTABLE}+)` }).optional(),
      env: text({ pattern: `(?:(?:\\w+=${PRINTABLE}*)(?:\\0\\w+=${PRINTABLE}*)*)` }).optional(),
      features: text({ format: FEATURES }).optional(),
      hookscript: text({ format: "pve-volume-id" }).optional(),
      hostname: text({ format: "dns-name", maxLength: 255 }).optional(),
      lock: oneOf(LOCKS).optional(),
      memory: integer({ minimum: 16 }).optional(),
      nameserver: text({ format: "lxc-ip-with-ll-iface-list" }).optional(),
      onboot: boolean().optional(),
      ostype: oneOf(OSTYPES).optional(),
      protection: boolean().optional(),
      rootfs: text({ format: ROOTFS }).optional(),
      searchdomain: text({ format: "dns-name-list" }).optional(),
      startup: text({ format: "pve-startup-order" }).optional(),
      swap: integer({ minimum: 0 }).optional(),
      tags: text({ format: "pve-tag-list" }).optional(),
      template: boolean().optional(),
      timezone: text({ format: "pve-ct-timezone" }).optional(),
      tty: integer({ minimum: 0, maximum: 6 }).optional(),
      unprivileged: boolean().optional(),
    },
    networks(text({ format: NET })),
    mountPoints(text({ format: MOUNT_POINT })),
    devices(text({ format: DEVICE })),
  );
}

/** Everything but control characters; a tab is none. */
const PRINTABLE = "[^\\x00-\\x08\\x0a-\\x1F\\x7F]";

const LOCKS = [
  "backup",
  "create",
  "destroyed",
  "disk",
  "fstrim",
  "migrate",
  "mounted",
  "rollback",
  "snapshot",
  "snapshot-delete",
] as const;

const OSTYPES = [
  "debian",
  "devuan",
  "ubuntu",
  "centos",
  "fedora",
  "opensuse",
  "archlinux",
  "alpine",
  "gentoo",
  "nixos",
  "unmanaged",
] as const;
