import { assertEquals } from "@std/assert";
import { restoredInterfaces } from "../../../src/reconcile/facts/restored_interfaces.ts";

Deno.test("the interfaces in a backup are read with all that an allow-list looks at", () => {
  const text = [
    "#net9: name=eth9,bridge=vmbr9",
    "hostname: web",
    "net0: name=eth0,bridge=vmbr0,tag=10,trunks=20;30-32,ip=10.0.0.7/24,gw=10.0.0.1,type=veth",
    "net3: name=eth3,link_down=1",
    "[before]",
    "net0: name=eth0,bridge=vmbr8",
  ].join("\n");
  assertEquals(restoredInterfaces(text), [
    {
      name: "net0",
      bridge: "vmbr0",
      vlans: [10, 20, 30, 31, 32],
      ipv4: "10.0.0.7/24",
      gateway: "10.0.0.1",
    },
    { name: "net3", bridge: null, vlans: [], ipv4: "manual", gateway: null },
  ]);
});

Deno.test("a tag that nobody understands makes all of it unknown", () => {
  for (const tag of ["tag=x", "tag=", "trunks=10-", "trunks=1;;2", "trunks=99999"]) {
    assertEquals(restoredInterfaces(`net0: name=eth0,bridge=vmbr0,${tag}`), null, tag);
  }
});
