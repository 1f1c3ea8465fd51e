import {
  array,
  byName,
  flag,
  type Infer,
  integer,
  maybe,
  must,
  number,
  object,
  text,
  vmid,
} from "./wire.ts";

/** A container as the list shows it. Sizes in bytes, times in seconds (FACTS §3.2). */
export const guestSchema = object({
  vmid: must(vmid),
  /** Host name, or `CT<vmid>`. */
  name: maybe(text),
  /** `running` or `stopped`. */
  status: must(text),
  cpus: maybe(number),
  cpu: maybe(number),
  mem: maybe(integer),
  maxmem: maybe(integer),
  swap: maybe(integer),
  maxswap: maybe(integer),
  disk: maybe(integer),
  maxdisk: maybe(integer),
  uptime: maybe(integer),
  netin: maybe(integer),
  netout: maybe(integer),
  diskread: maybe(integer),
  diskwrite: maybe(integer),
  pid: maybe(integer),
  /** Joined by `;`. */
  tags: maybe(text),
  /** Absent when there is none. */
  lock: maybe(text),
  template: maybe(flag),
});
export const guestsSchema = array(guestSchema);
export type Guest = Infer<typeof guestSchema>;

export const guestStatusSchema = guestSchema.extend({ ha: maybe(object({ managed: must(flag) })) });
export type GuestStatus = Infer<typeof guestStatusSchema>;

/**
 * A container's configuration. Volumes and interfaces (`rootfs`, `mp0`, `net0`, …) are among the
 * unknown keys, as Proxmox prints them. Absent means default.
 */
export const guestConfigSchema = object({
  /** SHA-1 of the file: changes with anything in it, snapshots and lock included. */
  digest: must(text),
  hostname: maybe(text),
  ostype: maybe(text),
  arch: maybe(text),
  cores: maybe(integer),
  cpulimit: maybe(number),
  cpuunits: maybe(integer),
  /** MiB. */
  memory: maybe(integer),
  swap: maybe(integer),
  onboot: maybe(flag),
  startup: maybe(text),
  /** Ends in a newline that nobody wrote. */
  description: maybe(text),
  /** Joined by `;`. */
  tags: maybe(text),
  features: maybe(text),
  unprivileged: maybe(flag),
  protection: maybe(flag),
  template: maybe(flag),
  lock: maybe(text),
  rootfs: maybe(text),
  /** Raw `lxc.*` lines, as `[key, value]`. */
  lxc: maybe(array(array(must(text)))),
});
export type GuestConfig = Infer<typeof guestConfigSchema>;

/** How a guest was over a time: the keys of what nobody measured are absent (FACTS §6). */
export const usageSchema = object({
  /** Seconds since the epoch. */
  time: must(integer),
  /** Bytes, the most within the row's time. */
  mem: maybe(number),
});
export const usagesSchema = array(usageSchema);
export type Usage = Infer<typeof usageSchema>;

/** One option: what is in force, and what is to come with the next start. */
export const pendingSchema = object({
  key: must(text),
  value: maybe(text),
  pending: maybe(text),
  /** 1: will be deleted; 2: will be deleted by force. */
  delete: maybe(integer),
});
export const pendingsSchema = array(pendingSchema);
export type Pending = Infer<typeof pendingSchema>;

/** A row of the snapshot list. One row, named `current`, is the guest itself (FACTS §3.7). */
export const snapshotSchema = object({
  name: must(text),
  /** Seconds since the epoch. */
  snaptime: maybe(integer),
  description: maybe(text),
  parent: maybe(text),
  /** `prepare` or `delete`: it is incomplete. */
  snapstate: maybe(text),
  digest: maybe(text),
  running: maybe(flag),
});
export const snapshotsSchema = array(snapshotSchema);
export type Snapshot = Infer<typeof snapshotSchema>;

/** Privileges by path; whether each is handed on to paths below. `false` is granted as well. */
export const permissionsSchema = byName(byName(must(flag)));
export type Permissions = Infer<typeof permissionsSchema>;
