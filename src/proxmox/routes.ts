import { inline, proxied } from "./route.ts";

/**
 * Every path of the API that the product uses. Which are proxied is held by a test against the
 * official description of the API (`protected` there).
 */
export const ROUTES = {
  version: inline("/version"),
  nextId: inline("/cluster/nextid"),
  nodes: inline("/nodes"),
  nodeStatus: inline("/nodes/{node}/status"),
  certificates: inline("/nodes/{node}/certificates/info"),
  permissions: inline("/access/permissions"),

  guests: proxied("/nodes/{node}/lxc"),
  guest: proxied("/nodes/{node}/lxc/{vmid}"),
  guestConfig: inline("/nodes/{node}/lxc/{vmid}/config"),
  setGuestConfig: proxied("/nodes/{node}/lxc/{vmid}/config"),
  guestPending: inline("/nodes/{node}/lxc/{vmid}/pending"),
  guestHistory: proxied("/nodes/{node}/lxc/{vmid}/rrddata"),
  guestStatus: proxied("/nodes/{node}/lxc/{vmid}/status/current"),
  start: proxied("/nodes/{node}/lxc/{vmid}/status/start"),
  stop: proxied("/nodes/{node}/lxc/{vmid}/status/stop"),
  shutdown: proxied("/nodes/{node}/lxc/{vmid}/status/shutdown"),
  reboot: proxied("/nodes/{node}/lxc/{vmid}/status/reboot"),
  snapshots: proxied("/nodes/{node}/lxc/{vmid}/snapshot"),
  snapshot: proxied("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}"),
  rollback: proxied("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback"),

  storageConfigs: inline("/storage"),
  storages: proxied("/nodes/{node}/storage"),
  storageStatus: proxied("/nodes/{node}/storage/{storage}/status"),
  storageContent: proxied("/nodes/{node}/storage/{storage}/content"),
  volume: proxied("/nodes/{node}/storage/{storage}/content/{volume}"),
  vzdump: proxied("/nodes/{node}/vzdump"),
  backupConfig: proxied("/nodes/{node}/vzdump/extractconfig"),

  tasks: inline("/nodes/{node}/tasks"),
  task: proxied("/nodes/{node}/tasks/{upid}"),
  taskStatus: proxied("/nodes/{node}/tasks/{upid}/status"),
  taskLog: proxied("/nodes/{node}/tasks/{upid}/log"),
} as const;
