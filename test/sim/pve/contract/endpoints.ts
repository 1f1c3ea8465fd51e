import type { z } from "zod";
import type { CallContext } from "../call_context.ts";
import { CLUSTER_ENDPOINTS } from "./cluster_endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import { LXC_ENDPOINTS } from "./lxc_endpoints.ts";
import { NODE_ENDPOINTS } from "./node_endpoints.ts";
import { SNAPSHOT_ENDPOINTS } from "./snapshot_endpoints.ts";
import { STORAGE_ENDPOINTS } from "./storage_endpoints.ts";
import { TASK_ENDPOINTS } from "./task_endpoints.ts";
import { VZDUMP_ENDPOINTS } from "./vzdump_endpoints.ts";

/** Every endpoint the simulator knows, by method and route. Nothing else is routed (501). */
export const ENDPOINTS = {
  ...CLUSTER_ENDPOINTS,
  ...NODE_ENDPOINTS,
  ...LXC_ENDPOINTS,
  ...SNAPSHOT_ENDPOINTS,
  ...STORAGE_ENDPOINTS,
  ...VZDUMP_ENDPOINTS,
  ...TASK_ENDPOINTS,
} satisfies Record<string, Endpoint>;

/** `METHOD /route/{parameter}`. */
export type EndpointKey = keyof typeof ENDPOINTS;

/** An endpoint's parameters once verified, URL ones included; booleans are booleans. */
export type ParamsOf<K extends EndpointKey> = z.output<(typeof ENDPOINTS)[K]["parameters"]>;

/**
 * What every endpoint does. A result is the answer's `data`, or a {@link Reply} with `total` and
 * `changes`; what goes wrong is thrown as a `PveError`.
 */
export type Handlers = {
  readonly [K in EndpointKey]: (
    params: ParamsOf<K>,
    context: CallContext,
  ) => Promise<unknown> | unknown;
};
