import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  isNetworkOrBroadcast,
  liesInPrefix,
  parseIpv4,
  parseIpv4Interface,
  parseIpv4Prefix,
} from "../../src/config/ipv4.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { parseVlanRange } from "../../src/config/vlan_range.ts";
import { goodConfig, memorySources } from "./memory_sources.ts";

Deno.test("an IPv4 address is read in the one way that it is written in", () => {
  assertEquals(parseIpv4("0.0.0.0"), 0);
  assertEquals(parseIpv4("10.0.0.1"), 167_772_161);
  assertEquals(parseIpv4("255.255.255.255"), 2 ** 32 - 1);
  const wrong = ["", "10", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.01", "10.0.0.1\n"];
  for (const text of [...wrong, " 10.0.0.1", "0x0a.0.0.1", "10.0.0.1.1", "::1", "1e1.0.0.1"]) {
    assertEquals(parseIpv4(text), undefined, JSON.stringify(text));
  }
});

Deno.test("a prefix has nothing behind it, and addresses lie in it or do not", () => {
  const ten = parseIpv4Prefix("10.0.0.0/8");
  assert(!("reason" in ten));
  for (const [text, lies] of [["10.0.0.0", true], ["10.255.255.255", true], ["11.0.0.0", false]]) {
    assertEquals(liesInPrefix(parseIpv4(String(text)) ?? -1, ten), lies);
  }
  for (const text of ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", ""]) {
    assert("reason" in parseIpv4Prefix(text), text);
  }
  assertEquals("reason" in parseIpv4Prefix("0.0.0.0/0"), false);
  assertEquals("reason" in parseIpv4Prefix("192.0.2.7/32"), false);
});

Deno.test("the first and the last address of a network are nobody's", () => {
  for (
    const [text, nobodys] of [
      ["10.0.0.0/24", true],
      ["10.0.0.255/24", true],
      ["10.0.0.1/24", false],
      ["10.0.1.255/23", true],
      ["10.0.0.255/23", false],
      ["10.0.0.0/31", false],
      ["10.0.0.0/32", false],
    ] as const
  ) {
    const found = parseIpv4Interface(text);
    assert(found !== undefined);
    assertEquals(isNetworkOrBroadcast(found), nobodys, text);
  }
});

Deno.test("VLANs are tags and ranges of them", () => {
  assertEquals(parseVlanRange("10"), { first: 10, last: 10 });
  assertEquals(parseVlanRange("100-199"), { first: 100, last: 199 });
  assertEquals(parseVlanRange("1-4094"), { first: 1, last: 4094 });
  for (const text of ["", "0", "4095", "1-4095", "20-10", "10-", "-10", "1,2", "010", "1-2-3"]) {
    assert("reason" in parseVlanRange(text), text);
  }
});

Deno.test("the lists come from the file and from the environment; none of them allows nothing", async () => {
  const file = goodConfig({
    "proxmox.vlans": ["10", "100-199"],
    "proxmox.address_prefixes": ["10.0.0.0/8"],
  });
  const { proxmox } = await loadConfig(memorySources(file));
  assertEquals(proxmox.vlans, [{ first: 10, last: 10 }, { first: 100, last: 199 }]);
  assertEquals(proxmox.addressPrefixes, [{ text: "10.0.0.0/8", first: 167_772_160, bits: 8 }]);
  const env = { FELHOM_AGENT_PROXMOX_VLANS: "7, 8-9" };
  assertEquals((await loadConfig(memorySources(file, { env }))).proxmox.vlans, [
    { first: 7, last: 7 },
    { first: 8, last: 9 },
  ]);
  const { proxmox: none, guests } = await loadConfig(memorySources(goodConfig()));
  assertEquals([none.vlans, none.addressPrefixes], [[], []]);
  assertEquals(guests.memoryOvercommit, 2);
});

Deno.test("what is wrong in a list is told with its key", async () => {
  for (
    const [key, value] of [
      ["proxmox.vlans", ["4095"]],
      ["proxmox.address_prefixes", ["10.0.0.1/8"]],
      ["guests.memory_overcommit", 0.1],
    ] as const
  ) {
    const error = await assertRejects(
      () => loadConfig(memorySources(goodConfig({ [key]: value }))),
      ConfigError,
    );
    assert(error.message.includes(key), error.message);
  }
});
