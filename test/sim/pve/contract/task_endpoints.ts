import { z } from "zod";
import { anywhere, endpoint, protectedEndpoint } from "./endpoint.ts";
import { boolean, integer, oneOf, text } from "./parameter.ts";
import { everyone } from "./permission.ts";
import { node, vmid } from "./url_parameters.ts";

const task = z.strictObject({ node, upid: text() });
const limit = integer({ minimum: 0 }).optional();
const start = integer({ minimum: 0 }).optional();

/** Tasks of a node (FACTS §2.4, §2.5). */
export const TASK_ENDPOINTS = {
  "GET /nodes/{node}/tasks": endpoint(
    z.strictObject({
      node,
      errors: boolean().optional(),
      limit,
      since: integer().optional(),
      source: oneOf(["archive", "active", "all"]).optional(),
      start,
      statusfilter: text({ format: "pve-task-status-type-list" }).optional(),
      typefilter: text().optional(),
      until: integer().optional(),
      userfilter: text().optional(),
      vmid: vmid.optional(),
    }),
    everyone,
  ),
  "GET /nodes/{node}/tasks/{upid}": anywhere(endpoint(task, everyone)),
  "DELETE /nodes/{node}/tasks/{upid}": protectedEndpoint(task, everyone),
  "GET /nodes/{node}/tasks/{upid}/status": protectedEndpoint(task, everyone),
  "GET /nodes/{node}/tasks/{upid}/log": protectedEndpoint(
    task.extend({ download: boolean().optional(), limit, start }),
    everyone,
  ),
};
