import { z } from "zod";
import { anywhere, endpoint, protectedEndpoint } from "./endpoint.ts";
import { boolean, oneOf, text } from "./parameter.ts";
import { all, everyone } from "./permission.ts";
import { node } from "./url_parameters.ts";

const ofNode = z.strictObject({ node });
const auditNode = all("/nodes/{node}", "Sys.Audit");

/** The node itself: state, clock, disks, certificates, measurements (FACTS §6). */
export const NODE_ENDPOINTS = {
  "GET /nodes": endpoint(z.strictObject({}), everyone),
  "GET /nodes/{node}/status": endpoint(ofNode, auditNode),
  "GET /nodes/{node}/version": endpoint(ofNode, everyone),
  "GET /nodes/{node}/time": endpoint(ofNode, auditNode),
  "GET /nodes/{node}/disks/list": protectedEndpoint(
    ofNode.extend({
      "include-partitions": boolean().optional(),
      skipsmart: boolean().optional(),
      type: oneOf(["unused", "journal_disks"]).optional(),
    }),
    {
      check: {
        or: [
          { path: "/", privileges: ["Sys.Audit"] },
          { path: "/nodes/{node}", privileges: ["Sys.Audit"] },
        ],
      },
    },
  ),
  "GET /nodes/{node}/disks/smart": protectedEndpoint(
    ofNode.extend({
      disk: text({ pattern: "^/dev/[a-zA-Z0-9\\/]+$" }),
      healthonly: boolean().optional(),
    }),
    all("/", "Sys.Audit"),
  ),
  "GET /nodes/{node}/certificates/info": endpoint(ofNode, everyone),
  "GET /nodes/{node}/rrddata": anywhere(protectedEndpoint(
    ofNode.extend({
      cf: oneOf(["AVERAGE", "MAX"]).optional(),
      timeframe: oneOf(["hour", "day", "week", "month", "year", "decade"]),
    }),
    auditNode,
  )),
};
