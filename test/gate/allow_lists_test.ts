import { assertEquals } from "@std/assert";
import { type Action, readAction } from "../../src/action/mod.ts";
import { type AllowLists, decide, type Facts } from "../../src/gate/mod.ts";
import { ACTION, facts, intentTo } from "./scene.ts";

const ALLOWED: AllowLists = {
  storages: ["local", "local-lvm"],
  bridges: ["vmbr0"],
  vlans: [{ first: 10, last: 10 }, { first: 100, last: 199 }],
  addressPrefixes: [{ text: "10.0.0.0/8", first: 10 * 2 ** 24, bits: 8 }],
};
const NOTHING: AllowLists = { storages: [], bridges: [], vlans: [], addressPrefixes: [] };

function said(action: unknown, changes: Partial<Facts>, signed = true): string {
  const read = readAction(action);
  if (!read.ok) return read.fault;
  const decision = decide(intentTo(read.action), facts(changes), { signed });
  if (decision.outcome !== "refused") return decision.outcome;
  return decision.code === "not_allow_listed" ? decision.why : decision.code;
}

const FREE = { place: { kind: "free" } } as const;
const network = ACTION.create.params.network;

function create(changes: Record<string, unknown>): unknown {
  const params = { ...ACTION.create.params, network: { ...network, ...changes } };
  return { ...ACTION.create, params };
}

const NETWORKS: readonly (readonly [Record<string, unknown>, string])[] = [
  [{}, "allowed"],
  [{ bridge: "vmbr1" }, 'proxmox.bridges does not allow "vmbr1".'],
  [{ bridge: "anyif" }, 'proxmox.bridges does not allow "anyif".'],
  [{ vlan: 10 }, "allowed"],
  [{ vlan: 199 }, "allowed"],
  [{ vlan: 11 }, 'proxmox.vlans does not allow "11".'],
  [{ vlan: 1 }, 'proxmox.vlans does not allow "1".'],
  [{ vlan: 200 }, 'proxmox.vlans does not allow "200".'],
  [{ ipv4: "manual" }, "allowed"],
  [{ ipv4: "10.255.255.254/24" }, "allowed"],
  [{ ipv4: "10.0.0.7/24", gateway: "10.0.0.1" }, "allowed"],
  [{ ipv4: "192.168.1.1/24" }, 'proxmox.address_prefixes does not allow "192.168.1.1/24".'],
  [{ ipv4: "11.0.0.1/24" }, 'proxmox.address_prefixes does not allow "11.0.0.1/24".'],
  [{ ipv4: "9.255.255.1/24" }, 'proxmox.address_prefixes does not allow "9.255.255.1/24".'],
  [
    { ipv4: "10.0.0.7/24", gateway: "192.168.1.1" },
    [
      'proxmox.address_prefixes does not allow "192.168.1.1".',
    ].join(""),
  ],
  [
    { ipv4: "10.0.0.7/24", gateway: "255.255.255.255" },
    [
      'proxmox.address_prefixes does not allow "255.255.255.255".',
    ].join(""),
  ],
  // Its neighbours would be others' addresses.
  [{ ipv4: "10.0.0.7/7" }, 'proxmox.address_prefixes does not allow "10.0.0.7/7".'],
  [{ ipv4: "10.0.0.0/24" }, "bad_address"],
  [{ ipv4: "10.0.0.255/24" }, "bad_address"],
  [{ ipv4: "0.0.0.0/0" }, "bad_address"],
  [{ ipv4: "10.0.0.0/31" }, "allowed"],
  [{ ipv4: "10.0.0.7/32" }, "allowed"],
  [{ ipv4: "010.0.0.1/24" }, "malformed"],
  [{ ipv4: "10.0.0.1/024" }, "malformed"],
  [{ ipv4: "10.0.0.1/24\n" }, "malformed"],
  [{ ipv4: "10.0.0.1/33" }, "malformed"],
  [{ ipv4: "10.0.0.1/24", gateway: "10.0.0.01" }, "malformed"],
  [{ ipv4: "10.1/24" }, "malformed"],
];

for (const [changes, expected] of NETWORKS) {
  Deno.test(`a guest is made with ${JSON.stringify(changes)}: ${expected}`, () => {
    for (const signed of [true, false]) {
      assertEquals(said(create(changes), { ...FREE, allowed: ALLOWED }, signed), expected);
    }
  });
}

const MADE: readonly (readonly [Action, Partial<Facts>])[] = [
  [ACTION.create, FREE],
  [ACTION.golden, FREE],
  [ACTION.backup, {}],
  [ACTION.restoreOver, { newPlace: { kind: "free" } }],
];

for (const [action, changes] of MADE) {
  Deno.test(`${action.kind} goes to a storage of the list, and to no other, signed or not`, () => {
    const storage = action.kind === "guest.backup" ? "local" : "local-lvm";
    const others = ALLOWED.storages.filter((each) => each !== storage);
    const told = `proxmox.storages does not allow "${storage}".`;
    for (const signed of [true, false]) {
      const without = { ...ALLOWED, storages: others };
      assertEquals(said(action, { ...changes, allowed: without }, signed), told);
      assertEquals(said(action, { ...changes, allowed: NOTHING }, signed), told);
    }
    assertEquals(said(action, { ...changes, allowed: ALLOWED }), "allowed");
  });
}

const NET0 = {
  name: "net0",
  bridge: "vmbr0",
  vlans: [10, 150],
  ipv4: "10.0.0.7/24",
  gateway: "10.0.0.1",
};

for (
  const [change, expected] of [
    [{}, "allowed"],
    [{ bridge: null }, "allowed"],
    [{ bridge: "vmbr9" }, 'proxmox.bridges does not allow "vmbr9".'],
    [{ vlans: [10, 11] }, 'proxmox.vlans does not allow "11".'],
    [{ ipv4: "172.16.0.1/24" }, 'proxmox.address_prefixes does not allow "172.16.0.1/24".'],
    [{ ipv4: "010.0.0.7/24" }, "bad_address"],
    [{ gateway: "10.0.0.01" }, "bad_address"],
  ] as const
) {
  Deno.test(`a restore brings back ${JSON.stringify(change)}: ${expected}`, () => {
    const allowed = { ...FREE, newPlace: FREE.place, allowed: ALLOWED };
    const restoredInterfaces = [{ ...NET0, ...change }];
    const { place: _, ...rest } = allowed;
    assertEquals(said(ACTION.restoreOver, { ...rest, restoredInterfaces }), expected);
  });
}

Deno.test("a restore whose interfaces nobody knows is not made", () => {
  const changes = { newPlace: FREE.place, restoredInterfaces: null };
  assertEquals(said(ACTION.restoreOver, changes), "interfaces_unknown");
});

Deno.test("what makes nothing needs nothing of the lists", () => {
  for (const action of [ACTION.start, ACTION.stop, ACTION.settings, ACTION.snapshot]) {
    assertEquals(said(action, { allowed: NOTHING }), "allowed");
  }
});
