import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  identityDigest,
  isLinkDown,
  liveIdentity,
  liveIdentityDigest,
  readIdentity,
} from "../../src/gate/mod.ts";
import { config, facts, here, made, PARTS } from "./scene.ts";

/** A container's configuration as Proxmox shows it. */
const CONFIG = {
  arch: "amd64",
  cores: 2,
  hostname: "customer-a",
  rootfs: "local-lvm:vm-101-disk-0,size=8G",
  mp0: "volume=local-lvm:vm-101-disk-1,mp=/data,backup=1",
  net0: "name=eth0,bridge=vmbr0,hwaddr=bc:24:11:00:00:01,ip=dhcp,type=veth",
  tags: "felhom-scratch",
};

Deno.test("An identity is a guest's volumes and MAC addresses", () => {
  assertEquals(readIdentity([CONFIG]), PARTS);
});

Deno.test("Unused volumes and pending ones are part of it", () => {
  const pending = { ...CONFIG, mp1: "local:101/vm-101-disk-2.raw,mp=/more" };
  const live = { ...CONFIG, unused0: "local-lvm:vm-101-disk-9" };
  assertEquals(readIdentity([live, pending]).volumes, [
    "local-lvm:vm-101-disk-0",
    "local-lvm:vm-101-disk-1",
    "local-lvm:vm-101-disk-9",
    "local:101/vm-101-disk-2.raw",
  ]);
});

Deno.test("What is no text names nothing; an interface without a MAC address is one all the same", () => {
  assertEquals(readIdentity([{ ...CONFIG, mp1: 7, net1: 1, unused0: null }]), PARTS);
  assertEquals(readIdentity([{ ...CONFIG, net1: "name=eth1,bridge=vmbr0" }]), {
    ...PARTS,
    macs: ["", ...PARTS.macs],
  });
});

const DIGEST = identityDigest({ ...readIdentity([CONFIG]), creation: null });

Deno.test("The digest is the same however the guest is called, tagged and sized", () => {
  assertMatch(DIGEST, /^sha256:[0-9a-f]{64}$/);
  const renamed = {
    ...Object.fromEntries(Object.entries(CONFIG).reverse()),
    hostname: "other",
    tags: "x",
    cores: 8,
    rootfs: "volume=local-lvm:vm-101-disk-0,size=16G,mountoptions=noatime",
    net0: "type=veth,hwaddr=BC:24:11:00:00:01,bridge=vmbr7,link_down=1,name=eth0",
  };
  assertEquals(identityDigest({ ...readIdentity([renamed]), creation: null }), DIGEST);
});

for (
  const [name, changes] of [
    ["another root volume", { rootfs: "local-lvm:vm-101-disk-2,size=8G" }],
    ["the same name on another storage", { rootfs: "local-zfs:vm-101-disk-0,size=8G" }],
    ["another guest's volume", { mp1: "local-lvm:vm-102-disk-0,mp=/x" }],
    ["another MAC address", {
      net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=dhcp,type=veth",
    }],
    ["one more interface", {
      net1: "name=eth1,bridge=vmbr0,hwaddr=BC:24:11:00:00:03,type=veth",
    }],
    ["a volume set aside", { unused0: "local-lvm:vm-101-disk-9" }],
  ] as const
) {
  Deno.test(`The digest is another with ${name}`, () => {
    const parts = readIdentity([{ ...CONFIG, ...changes }]);
    assertNotEquals(identityDigest({ ...parts, creation: null }), DIGEST);
  });
}

Deno.test("The task that made a guest is part of its identity, as long as it is that guest", () => {
  const mark = made();
  assertEquals(liveIdentity(PARTS, mark).creation, mark.creation);
  assertEquals(liveIdentity(PARTS, null).creation, null);
  assertEquals(liveIdentity({ ...PARTS, macs: ["BC:24:11:00:00:02"] }, mark).creation, null);
  const bare = { ...PARTS, volumes: [] };
  assertEquals(liveIdentity(bare, { ...mark, ...bare }).creation, null, "there is no telling");

  const [first, second] = [mark, { ...mark, creation: "UPID:later" }]
    .map((mark) => identityDigest(liveIdentity(PARTS, mark)));
  assertNotEquals(first, second, "made anew with the same volumes and MACs");
});

Deno.test("Parts that run into each other are no other guest's", () => {
  assertNotEquals(
    identityDigest({ volumes: ["a", "b"], macs: [], creation: null }),
    identityDigest({ volumes: ["a"], macs: ["b"], creation: null }),
  );
});

Deno.test("What cannot be told has no digest", () => {
  assertEquals(liveIdentityDigest(facts({ place: { kind: "free" } })), null);
  assertEquals(liveIdentityDigest(facts({ place: here({ config: null }) })), null);
  const bare = config({ identity: { volumes: [], macs: ["BC:24:11:00:00:01"] } });
  assertEquals(liveIdentityDigest(facts({ place: here({ config: bare }) })), null);
});

for (
  const [configs, expected] of [
    [[{}], true],
    [[{ net0: "name=eth0,link_down=1" }], true],
    [[{ net0: "name=eth0,link_down=yes", net31: "name=eth1,link_down=on" }], true],
    [[{ net0: "name=eth0,link_down=0" }], false],
    [[{ net0: "name=eth0" }], false],
    [[{ net0: "name=eth0,link_down=1", net1: "name=eth1" }], false],
    [[{ net0: "name=eth0,link_down=1" }, { net0: "name=eth0" }], false],
    [[{ net0: 1 }], false],
    [[{ ...CONFIG, net0: "name=eth0,link_down=1" }], true],
  ] as const
) {
  Deno.test(`The link is ${expected ? "down" : "up"} with ${JSON.stringify(configs)}`, () => {
    assertEquals(isLinkDown(configs), expected);
  });
}
