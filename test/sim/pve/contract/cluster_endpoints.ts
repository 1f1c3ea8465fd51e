import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { oneOf, text } from "./parameter.ts";
import { all, everyone } from "./permission.ts";
import { poolid, vmid } from "./url_parameters.ts";

const NAME = "(?:[A-Za-z][A-Za-z0-9\\.\\-_]+)";

/** What belongs to no node: version, resources, pools, permissions. */
export const CLUSTER_ENDPOINTS = {
  "GET /version": endpoint(z.strictObject({}), everyone),
  "GET /cluster/resources": endpoint(
    z.strictObject({ type: oneOf(["vm", "storage", "node", "sdn"]).optional() }),
    everyone,
  ),
  "GET /cluster/tasks": endpoint(z.strictObject({}), everyone),
  "GET /cluster/nextid": endpoint(z.strictObject({ vmid: vmid.optional() }), everyone),
  "GET /cluster/backup": endpoint(z.strictObject({}), all("/", "Sys.Audit")),
  "GET /pools": endpoint(
    z.strictObject({
      poolid: poolid.optional(),
      type: oneOf(["qemu", "lxc", "storage"], { requires: "poolid" }).optional(),
    }),
    everyone,
  ),
  "GET /access/permissions": endpoint(
    z.strictObject({
      path: text().optional(),
      userid: text({ pattern: `(?:^(?:[^\\s:/]+)\\@${NAME}(?:!${NAME})?$)` }).optional(),
    }),
    everyone,
  ),
};
