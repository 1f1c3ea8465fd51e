import type { Params } from "../action/mod.ts";

/** The one interface of a new guest. */
export type NewNetwork = Params<"guest.create">["network"];

/**
 * An interface as Proxmox's `net0`: `name=eth0,bridge=vmbr0,ip=dhcp`. It has no `hwaddr`, so that
 * Proxmox draws one that no other guest has (FACTS §3.1, §3.4). Whatever has no value is left out.
 */
export function netString({ bridge, vlan, ipv4, gateway, link_down }: NewNetwork): string {
  const parts: Readonly<Record<string, string | number | null>> = {
    name: "eth0",
    bridge,
    tag: vlan,
    ip: ipv4,
    gw: gateway,
    link_down: link_down ? 1 : null,
  };
  return Object.entries(parts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
