import { assertEquals } from "@std/assert";
import { netString, type NewNetwork } from "../../src/proxmox/net_string.ts";

const PLAIN: NewNetwork = {
  bridge: "vmbr0",
  vlan: null,
  ipv4: "dhcp",
  gateway: null,
  link_down: false,
};

const rows: readonly (readonly [string, Partial<NewNetwork>, string])[] = [
  ["one that asks for an address", {}, "name=eth0,bridge=vmbr0,ip=dhcp"],
  ["one that is set up inside", { ipv4: "manual" }, "name=eth0,bridge=vmbr0,ip=manual"],
  [
    "one with an address and a way out",
    { ipv4: "10.0.0.5/24", gateway: "10.0.0.1" },
    "name=eth0,bridge=vmbr0,ip=10.0.0.5/24,gw=10.0.0.1",
  ],
  ["one on a VLAN", { vlan: 20 }, "name=eth0,bridge=vmbr0,tag=20,ip=dhcp"],
  ["one that is cut off", { link_down: true }, "name=eth0,bridge=vmbr0,ip=dhcp,link_down=1"],
];

for (const [name, changes, expected] of rows) {
  Deno.test(`The interface of a new guest: ${name}, without an address of hardware`, () => {
    assertEquals(netString({ ...PLAIN, ...changes }), expected);
  });
}
