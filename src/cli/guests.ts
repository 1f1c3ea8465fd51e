import { loadConfig, systemSources } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import type { Guest } from "../proxmox/mod.ts";
import { duration, size } from "../selftest/mod.ts";
import { askProxmox, clientSetup } from "./ask_proxmox.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "vmid", align: "right" },
  { title: "name" },
  { title: "status" },
  { title: "managed" },
  { title: "cpus", align: "right" },
  { title: "memory", align: "right" },
  { title: "disk", align: "right" },
  { title: "uptime", align: "right" },
  { title: "tags" },
  { title: "lock" },
];

/** Lists the LXC guests of the node, and which of them the agent may touch. */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const config = await loadConfig(systemSources(clock, options.config));
  const { first, last } = config.guests.managedVmids;
  const job = { kind: "guests", setup: clientSetup(config, options.logLevel) } as const;
  const guests: Guest[] = [];
  for await (const message of askProxmox(config, job, clock)) {
    if (message.kind === "guests") guests.push(...message.guests);
  }
  const isManaged = ({ vmid }: Guest) => first <= vmid && vmid <= last;
  if (options.json) {
    const node = config.proxmox.node;
    const rows = guests.map((guest) => ({ ...guest, managed: isManaged(guest) }));
    output.writeJson({ version: 1, node, guests: rows });
    return EXIT.ok;
  }
  const rows = guests.map((guest) => [
    String(guest.vmid),
    guest.name ?? "",
    guest.template === true ? "template" : guest.status,
    isManaged(guest) ? "yes" : "no",
    guest.cpus === undefined ? "" : String(guest.cpus),
    usage(guest.mem, guest.maxmem),
    usage(guest.disk, guest.maxdisk),
    guest.status === "running" ? duration(guest.uptime ?? 0) : "",
    guest.tags?.replaceAll(";", " ") ?? "",
    guest.lock ?? "",
  ]);
  output.write(renderTable(COLUMNS, rows, { width: output.width }));
  return EXIT.ok;
}

/** `48 of 512 MiB`; a guest that is not running uses nothing. */
function usage(used: number | undefined, limit: number | undefined): string {
  if (limit === undefined) return "";
  return used === undefined || used === 0 ? size(limit) : `${size(used)} of ${size(limit)}`;
}
