import type { Handlers } from "../contract/endpoints.ts";
import { failure } from "../pve_error.ts";
import { nodeStatus, rrdRows, uptime, utcOffset, version } from "../world/node.ts";
import { nodeResource } from "../world/node_rows.ts";
import type { World } from "../world/world.ts";

type NodeHandlers = Pick<
  Handlers,
  | "GET /version"
  | "GET /nodes"
  | "GET /nodes/{node}/status"
  | "GET /nodes/{node}/version"
  | "GET /nodes/{node}/time"
  | "GET /nodes/{node}/disks/list"
  | "GET /nodes/{node}/disks/smart"
  | "GET /nodes/{node}/certificates/info"
  | "GET /nodes/{node}/rrddata"
>;

/** The node itself (FACTS §3.2, §6). */
export function nodeHandlers(world: World): NodeHandlers {
  const { node } = world;
  const path = `/nodes/${node.name}`;
  return {
    "GET /version": version,
    "GET /nodes/{node}/version": version,
    "GET /nodes": (_params, context) => {
      const row = nodeResource(world, context.access.allows(path, ["Sys.Audit"]));
      const fingerprint = world.certificates.at(-1)?.fingerprint;
      return [{ ...row, ...(fingerprint === undefined ? {} : { ssl_fingerprint: fingerprint }) }];
    },
    "GET /nodes/{node}/status": () =>
      nodeStatus(node, {
        uptime: uptime(world.clock, world.bootedAt),
        memoryUsed: world.memoryUsed,
      }),
    "GET /nodes/{node}/time": () => {
      const time = world.epoch;
      const localtime = time + utcOffset(node.timezone, world.clock.now());
      return { timezone: node.timezone, time, localtime };
    },
    "GET /nodes/{node}/disks/list": () => node.disks,
    "GET /nodes/{node}/disks/smart": ({ disk }) => {
      const known = node.disks.find((each) => each["devpath"] === disk);
      if (known === undefined) throw failure(`not a valid device '${disk}'`);
      return { health: known["health"], type: "text", text: "\n" };
    },
    "GET /nodes/{node}/certificates/info": () => world.certificates,
    "GET /nodes/{node}/rrddata": ({ timeframe }) =>
      rrdRows(timeframe, world.clock.now(), {
        cpu: 0.0109835247129306,
        maxcpu: node.cpus,
        iowait: 0,
        loadavg: 0.15,
        memtotal: node.memory,
        memused: world.memoryUsed,
        swaptotal: 0,
        swapused: 0,
        roottotal: node.rootfs.total,
        rootused: node.rootfs.used,
        netin: 512.5,
        netout: 300,
      }),
  };
}
