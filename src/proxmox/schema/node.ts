import { array, type Infer, integer, maybe, must, number, object, text } from "./wire.ts";

/** Version of the API. */
export const versionSchema = object({
  version: must(text),
  release: must(text),
  repoid: must(text),
});
export type Version = Infer<typeof versionSchema>;

/** A node of the cluster. Load figures are there with Sys.Audit only (FACTS §3.2). */
export const nodeSchema = object({
  node: must(text),
  /** `online`, `offline` or `unknown`. */
  status: must(text),
  /** SHA-256 of the certificate that pveproxy shows (FACTS §6). */
  ssl_fingerprint: maybe(text),
  cpu: maybe(number),
  maxcpu: maybe(integer),
  /** Bytes. */
  mem: maybe(integer),
  maxmem: maybe(integer),
  disk: maybe(integer),
  maxdisk: maybe(integer),
  /** Seconds. */
  uptime: maybe(integer),
});
export const nodesSchema = array(nodeSchema);
export type Node = Infer<typeof nodeSchema>;

/** Sizes in bytes. */
const usage = object({
  total: must(integer),
  used: must(integer),
  free: maybe(integer),
  avail: maybe(integer),
});

export const nodeStatusSchema = object({
  pveversion: maybe(text),
  kversion: maybe(text),
  /** Seconds. */
  uptime: must(integer),
  /** Share of all CPUs, 0 to 1. */
  cpu: maybe(number),
  wait: maybe(number),
  /** Over 1, 5 and 15 minutes. */
  loadavg: maybe(array(must(number))),
  memory: usage,
  swap: maybe(usage),
  rootfs: maybe(usage),
  cpuinfo: maybe(object({ cpus: must(integer), cores: maybe(integer), model: maybe(text) })),
});
export type NodeStatus = Infer<typeof nodeStatusSchema>;

/** A certificate of the node. */
export const certificateSchema = object({
  /** `pve-ssl.pem`, `pveproxy-ssl.pem` or `pve-root-ca.pem`. */
  filename: maybe(text),
  /** SHA-256: 32 upper-case hex pairs joined by colons. */
  fingerprint: maybe(text),
  subject: maybe(text),
  issuer: maybe(text),
  /** Seconds since the epoch. */
  notbefore: maybe(integer),
  notafter: maybe(integer),
  san: maybe(array(must(text))),
});
export const certificatesSchema = array(certificateSchema);
export type Certificate = Infer<typeof certificateSchema>;
