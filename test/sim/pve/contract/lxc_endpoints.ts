import { z } from "zod";
import { endpoint, protectedEndpoint } from "./endpoint.ts";
import { ALL_VOLUMES, DISKS, unusedVolumes } from "./indexed.ts";
import { lxcOptions } from "./lxc_options.ts";
import { boolean, integer, number, oneOf, text } from "./parameter.ts";
import { any, everyone, onGuest, type Permission } from "./permission.ts";
import { UNUSED } from "./property_formats.ts";
import { digest, node, poolid, snapname, storage, vmid } from "./url_parameters.ts";

const guest = z.strictObject({ node, vmid });
const power = onGuest("VM.PowerMgmt");
const audit = onGuest("VM.Audit");
const bwlimit = number({ minimum: 0 }).optional();

const mayClone: Permission = {
  check: {
    and: [
      { path: "/vms/{vmid}", privileges: ["VM.Clone"] },
      {
        or: [
          { path: "/vms/{newid}", privileges: ["VM.Allocate"] },
          { path: "/pool/{pool}", privileges: ["VM.Allocate"], requireParam: "pool" },
        ],
      },
    ],
  },
};

/** Containers: list, life cycle, configuration. */
export const LXC_ENDPOINTS = {
  "GET /nodes/{node}/lxc": protectedEndpoint(z.strictObject({ node }), everyone),
  "POST /nodes/{node}/lxc": protectedEndpoint(
    z.strictObject(Object.assign(
      {
        node,
        vmid,
        ostemplate: text({ maxLength: 255 }),
        bwlimit,
        force: boolean().optional(),
        "ha-managed": boolean().optional(),
        "ignore-unpack-errors": boolean().optional(),
        password: text({ minLength: 5 }).optional(),
        pool: poolid.optional(),
        restore: boolean().optional(),
        "ssh-public-keys": text().optional(),
        start: boolean().optional(),
        storage: storage.optional(),
        unique: boolean({ requires: "restore" }).optional(),
      },
      lxcOptions(),
      unusedVolumes(text({ format: UNUSED })),
    )),
    everyone,
  ),
  "GET /nodes/{node}/lxc/{vmid}": endpoint(guest, everyone),
  "DELETE /nodes/{node}/lxc/{vmid}": protectedEndpoint(
    guest.extend({
      "destroy-unreferenced-disks": boolean().optional(),
      force: boolean().optional(),
      purge: boolean().optional(),
    }),
    onGuest("VM.Allocate"),
  ),
  "GET /nodes/{node}/lxc/{vmid}/config": endpoint(
    guest.extend({ current: boolean().optional(), snapshot: snapname.optional() }),
    audit,
  ),
  "PUT /nodes/{node}/lxc/{vmid}/config": protectedEndpoint(
    z.strictObject(Object.assign(
      {
        node,
        vmid,
        delete: text({ format: "pve-configid-list" }).optional(),
        digest,
        revert: text({ format: "pve-configid-list" }).optional(),
      },
      lxcOptions(),
      unusedVolumes(text({ format: UNUSED })),
    )),
    any(
      "/vms/{vmid}",
      "VM.Config.Disk",
      "VM.Config.CPU",
      "VM.Config.Memory",
      "VM.Config.Network",
      "VM.Config.Options",
    ),
  ),
  "GET /nodes/{node}/lxc/{vmid}/pending": endpoint(guest, audit),
  "GET /nodes/{node}/lxc/{vmid}/interfaces": protectedEndpoint(guest, audit),
  "GET /nodes/{node}/lxc/{vmid}/rrddata": protectedEndpoint(
    guest.extend({
      cf: oneOf(["AVERAGE", "MAX"]).optional(),
      timeframe: oneOf(["hour", "day", "week", "month", "year", "decade"]),
    }),
    audit,
  ),
  "GET /nodes/{node}/lxc/{vmid}/status/current": protectedEndpoint(guest, audit),
  "POST /nodes/{node}/lxc/{vmid}/status/start": protectedEndpoint(
    guest.extend({ debug: boolean().optional(), skiplock: boolean().optional() }),
    power,
  ),
  "POST /nodes/{node}/lxc/{vmid}/status/stop": protectedEndpoint(
    guest.extend({
      "overrule-shutdown": boolean().optional(),
      skiplock: boolean().optional(),
    }),
    power,
  ),
  "POST /nodes/{node}/lxc/{vmid}/status/shutdown": protectedEndpoint(
    guest.extend({
      forceStop: boolean().optional(),
      timeout: integer({ minimum: 0 }).optional(),
    }),
    power,
  ),
  "POST /nodes/{node}/lxc/{vmid}/status/reboot": protectedEndpoint(
    guest.extend({ timeout: integer({ minimum: 0 }).optional() }),
    power,
  ),
  "POST /nodes/{node}/lxc/{vmid}/status/suspend": protectedEndpoint(guest, power),
  "POST /nodes/{node}/lxc/{vmid}/status/resume": protectedEndpoint(guest, power),
  "PUT /nodes/{node}/lxc/{vmid}/resize": protectedEndpoint(
    guest.extend({
      digest,
      disk: oneOf(DISKS),
      size: text({ pattern: "\\+?\\d+(\\.\\d+)?[KMGT]?" }),
    }),
    any("/vms/{vmid}", "VM.Config.Disk"),
  ),
  "POST /nodes/{node}/lxc/{vmid}/move_volume": protectedEndpoint(
    guest.extend({
      bwlimit,
      delete: boolean().optional(),
      digest,
      storage: storage.optional(),
      "target-digest": digest,
      "target-vmid": vmid.optional(),
      "target-volume": oneOf(ALL_VOLUMES).optional(),
      volume: oneOf(ALL_VOLUMES),
    }),
    onGuest("VM.Config.Disk"),
  ),
  "POST /nodes/{node}/lxc/{vmid}/clone": protectedEndpoint(
    guest.extend({
      bwlimit,
      description: text().optional(),
      full: boolean().optional(),
      hostname: text({ format: "dns-name" }).optional(),
      newid: vmid,
      pool: poolid.optional(),
      snapname: snapname.optional(),
      storage: storage.optional(),
      target: node.optional(),
    }),
    mayClone,
  ),
};
