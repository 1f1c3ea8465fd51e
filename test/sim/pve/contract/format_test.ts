import { assertEquals } from "@std/assert";
import { checkFormat, type Format } from "./format.ts";

/** Per format: texts that pass, texts that do not. Rules: FACTS §3.1. */
const ROWS: readonly [Format, readonly string[], readonly string[]][] = [
  ["pve-vmid", ["100", "999999999"], ["99", "0100", "1000000000", "1e3"]],
  ["pve-node", ["pve", "a-1"], ["-a", "a-", "a_b", ""]],
  ["pve-storage-id", ["local", "a.b-c_1"], ["l", "1a", "a-"]],
  ["pve-configid", ["ab", "A-_"], ["a", "1a", "-a"]],
  ["dns-name", ["a", "a-b.c"], ["a_b", "-a", "a..b"]],
  ["pve-tag-list", ["", "a;b,c d", "_x+.-"], ["-a", "a/b"]],
  ["pve-startup-order", ["3", "order=3,up=10,down=2"], ["up", "order=x", ""]],
  ["disk-size", ["8", "8G", "0.5T"], ["G", "8g", "-1"]],
  ["ipv4", ["10.0.0.1"], ["10.0.0", "256.0.0.1", "01.0.0.1"]],
  ["ipv6", ["::", "fe80::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"], ["1::2::3", "1:2", "g::"]],
  ["pve-ipv4-config", ["dhcp", "manual", "10.0.0.1/24"], ["auto", "10.0.0.1", "10.0.0.1/7"]],
  ["pve-ipv6-config", ["auto", "fe80::1/64"], ["fe80::1", "fe80::1/129"]],
  ["lxc-ip-with-ll-iface-list", ["1.1.1.1 8.8.8.8", "fe80::1%eth0"], ["x", "10.0.0.1%eth0"]],
  ["pve-volume-id", ["local:8", "a1:b/c"], ["local", ":8", "8"]],
  ["pve-ct-timezone", ["host", "UTC", "Europe/Budapest"], ["Mars/Base", "CET "]],
  ["pve-poolid", ["a", "a/b/c"], ["a/b/c/d", "a b"]],
  ["pve-storage-content-list", ["rootdir,backup"], ["rootdirs"]],
  ["pve-task-status-type-list", ["ok,ERROR"], ["good"]],
  ["email-or-username-list", ["root", "a+b@c.d"], ["@", "a b@"]],
  ["prune-backups", ["keep-last=3", "keep-all=1"], ["keep-last=-1", "keep=1"]],
  ["backup-performance", ["max-workers=16"], ["max-workers=0", "max-workers=257"]],
  ["backup-fleecing", ["1", "enabled=1,storage=local"], ["maybe"]],
];

for (const [format, good, bad] of ROWS) {
  Deno.test(`format ${format} tells good from bad`, () => {
    for (const text of good) assertEquals([text, checkFormat(format, text)], [text, []]);
    for (const text of bad) {
      assertEquals([text, checkFormat(format, text).length > 0], [text, true]);
    }
  });
}
