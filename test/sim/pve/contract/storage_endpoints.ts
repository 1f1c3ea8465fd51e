import { z } from "zod";
import { endpoint, protectedEndpoint } from "./endpoint.ts";
import { boolean, integer, oneOf, text } from "./parameter.ts";
import { all, any, everyone } from "./permission.ts";
import { node, storage, vmid } from "./url_parameters.ts";

const mayList = any("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace");
const onStorage = z.strictObject({ node, storage });
/** The storage stands in the URL, yet the contract calls it optional: a volid may name it too. */
const volume = z.strictObject({ node, storage: storage.optional(), volume: text() });
const prune = onStorage.extend({
  "prune-backups": text({ format: "prune-backups" }).optional(),
  type: oneOf(["qemu", "lxc"]).optional(),
  vmid: vmid.optional(),
});

const STORAGE_TYPES = [
  "btrfs",
  "cephfs",
  "cifs",
  "dir",
  "esxi",
  "iscsi",
  "iscsidirect",
  "lvm",
  "lvmthin",
  "nfs",
  "pbs",
  "rbd",
  "zfs",
  "zfspool",
] as const;

/** Storages, their content, pruning (FACTS §5). */
export const STORAGE_ENDPOINTS = {
  "GET /storage": endpoint(z.strictObject({ type: oneOf(STORAGE_TYPES).optional() }), everyone),
  "GET /storage/{storage}": endpoint(
    z.strictObject({ storage }),
    all("/storage/{storage}", "Datastore.Allocate"),
  ),
  "GET /nodes/{node}/storage": protectedEndpoint(
    z.strictObject({
      node,
      content: text({ format: "pve-storage-content-list" }).optional(),
      enabled: boolean().optional(),
      format: boolean().optional(),
      storage: storage.optional(),
      target: node.optional(),
    }),
    everyone,
  ),
  "GET /nodes/{node}/storage/{storage}/status": protectedEndpoint(onStorage, mayList),
  "GET /nodes/{node}/storage/{storage}/content": protectedEndpoint(
    onStorage.extend({
      content: text({ format: "pve-storage-content" }).optional(),
      vmid: vmid.optional(),
    }),
    mayList,
  ),
  "GET /nodes/{node}/storage/{storage}/content/{volume}": protectedEndpoint(volume, everyone),
  "PUT /nodes/{node}/storage/{storage}/content/{volume}": protectedEndpoint(
    volume.extend({ notes: text().optional(), protected: boolean().optional() }),
    everyone,
  ),
  "DELETE /nodes/{node}/storage/{storage}/content/{volume}": protectedEndpoint(
    volume.extend({ delay: integer({ minimum: 1, maximum: 30 }).optional() }),
    everyone,
  ),
  "GET /nodes/{node}/storage/{storage}/prunebackups": protectedEndpoint(prune, mayList),
  "DELETE /nodes/{node}/storage/{storage}/prunebackups": protectedEndpoint(prune, everyone),
};
