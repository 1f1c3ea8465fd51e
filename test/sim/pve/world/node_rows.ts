import { uptime } from "./node.ts";
import type { World } from "./world.ts";

/** The node's row of `GET /nodes` and `GET /cluster/resources`: load only with Sys.Audit. */
export function nodeResource(world: World, withLoad: boolean): Record<string, unknown> {
  const { node } = world;
  const row = {
    id: `node/${node.name}`,
    node: node.name,
    type: "node",
    status: "online",
    level: "",
  };
  if (!withLoad) return row;
  return {
    ...row,
    cpu: 0.0109835247129306,
    maxcpu: node.cpus,
    mem: world.memoryUsed,
    maxmem: node.memory,
    disk: node.rootfs.used,
    maxdisk: node.rootfs.total,
    uptime: uptime(world.clock, world.bootedAt),
  };
}
