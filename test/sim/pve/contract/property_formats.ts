import type { ParameterSpec } from "./parameter_spec.ts";

/** One key of a property string. */
export interface PropertySpec extends ParameterSpec {
  readonly optional?: true;
  /** The key of a part without `=`. */
  readonly default_key?: true;
}

/** A property string's keys (`name=eth0,bridge=vmbr0`). */
export interface PropertyFormat {
  readonly [key: string]: PropertySpec;
}

const flag = { type: "boolean", optional: true } as const;
const count = { type: "integer", minimum: 0, optional: true } as const;
const volume = { type: "string", default_key: true, format: "pve-lxc-mp-string" } as const;
const IDMAP =
  "(?:^(?:passthrough|[ug]:[0-9]+:[0-9]+:[1-9][0-9]*(?:;[ug]:[0-9]+:[0-9]+:[1-9][0-9]*)*)$)";
const MOUNT_OPTION = "(?:(discard|lazytime|noatime|nodev|noexec|nosuid))";

/** `features` (FACTS §3.3: a token may set nesting only). */
export const FEATURES: PropertyFormat = {
  force_rw_sys: flag,
  fuse: flag,
  keyctl: flag,
  mknod: flag,
  mount: { type: "string", optional: true, pattern: "(?:[a-zA-Z0-9_; ]+)" },
  nesting: flag,
};

/** `net0` to `net31`. */
export const NET: PropertyFormat = {
  bridge: { type: "string", optional: true, pattern: "[-_.\\w\\d]+" },
  firewall: flag,
  gw: { type: "string", optional: true, format: "ipv4" },
  gw6: { type: "string", optional: true, format: "ipv6" },
  "host-managed": flag,
  hwaddr: { type: "string", optional: true, format: "mac-addr" },
  ip: { type: "string", optional: true, format: "pve-ipv4-config" },
  ip6: { type: "string", optional: true, format: "pve-ipv6-config" },
  link_down: flag,
  mtu: { type: "integer", minimum: 64, maximum: 65535, optional: true },
  name: { type: "string", pattern: "[-_.\\w\\d]+" },
  rate: { type: "number", optional: true },
  tag: { type: "integer", minimum: 1, maximum: 4094, optional: true },
  trunks: { type: "string", optional: true, pattern: "(?:\\d+(?:;\\d+)*)" },
  type: { type: "string", enum: ["veth"], optional: true },
};

/** `rootfs`. */
export const ROOTFS: PropertyFormat = {
  acl: flag,
  idmap: { type: "string", optional: true, pattern: IDMAP },
  mountoptions: {
    type: "string",
    optional: true,
    pattern: `(?:${MOUNT_OPTION}(;${MOUNT_OPTION})*)`,
  },
  quota: flag,
  replicate: flag,
  ro: flag,
  shared: flag,
  size: { type: "string", optional: true, format: "disk-size" },
  volume,
};

/** `mp0` to `mp255`. */
export const MOUNT_POINT: PropertyFormat = {
  ...ROOTFS,
  backup: flag,
  keepattrs: flag,
  mp: { type: "string", format: "pve-lxc-mp-string" },
};

/** `unused0` to `unused255`. */
export const UNUSED: PropertyFormat = {
  volume: { type: "string", default_key: true, format: "pve-volume-id" },
};

/** `dev0` to `dev255`. */
export const DEVICE: PropertyFormat = {
  "deny-write": flag,
  gid: count,
  mode: { type: "string", optional: true, pattern: "0[0-7]{3}" },
  path: { type: "string", optional: true, default_key: true, format: "pve-lxc-dev-string" },
  uid: count,
};

/** `prune-backups`. */
export const PRUNE_BACKUPS: PropertyFormat = {
  "keep-all": flag,
  "keep-daily": count,
  "keep-hourly": count,
  "keep-last": count,
  "keep-monthly": count,
  "keep-weekly": count,
  "keep-yearly": count,
};

/** Names of property string formats. */
export type NamedFormat = "prune-backups" | "backup-performance" | "backup-fleecing";

interface NamedPropertyFormat {
  readonly properties: PropertyFormat;
  /** A last check over the whole text. */
  readonly validate?: (text: string) => string | undefined;
}

/** Property strings that the schemas call by a name. */
export const NAMED_PROPERTY_FORMATS: Readonly<Record<NamedFormat, NamedPropertyFormat>> = {
  "prune-backups": { properties: PRUNE_BACKUPS, validate: validatePruneBackups },
  "backup-performance": {
    properties: {
      "max-workers": { type: "integer", minimum: 1, maximum: 256, optional: true },
      "pbs-entries-max": { type: "integer", minimum: 1, optional: true },
    },
  },
  "backup-fleecing": {
    properties: {
      enabled: { type: "boolean", optional: true, default_key: true },
      storage: { type: "string", optional: true, format: "pve-storage-id" },
    },
  },
};

function validatePruneBackups(text: string): string | undefined {
  const keepsAll = /(?:^|,)keep-all=(?:1|on|yes|true)(?:,|$)/i.test(text);
  const keepsSome = /(?:^|,)keep-(?!all)\w+=0*[1-9]/.test(text);
  return keepsAll && keepsSome ? "keep-all cannot be set together with other options." : undefined;
}
