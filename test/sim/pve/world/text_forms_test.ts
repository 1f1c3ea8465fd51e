import { assertEquals } from "@std/assert";
import { formatSize, parseSize, tarSize } from "./size.ts";
import { createRandom } from "./random.ts";
import { normaliseNet, withNewMac } from "./net_config.ts";
import { normaliseOption } from "./option_normal_form.ts";
import { normaliseTags, readDescription } from "./text_forms.ts";

Deno.test("tags are lower-cased, without duplicates, sorted and joined by semicolons", () => {
  const table = [["b;a,c x", "a;b;c;x"], ["Demo demo", "demo"], ["", ""]] as const;
  for (const [given, normal] of table) assertEquals(normaliseTags(given), normal);
});

Deno.test("a description reads back with a newline behind every line", () => {
  const table = [["one", "one\n"], ["a\nb\n\n", "a\nb\n"], ["", ""]] as const;
  for (const [given, read] of table) assertEquals(readDescription(given), read);
});

Deno.test("an interface is written with its name first, the rest by the alphabet, and a MAC", () => {
  const random = createRandom(7);
  const net = normaliseNet("ip=dhcp,bridge=vmbr0,name=eth0,gw=10.0.0.1", random);
  const match =
    /^name=eth0,bridge=vmbr0,gw=10\.0\.0\.1,hwaddr=(BC:24:11(:[0-9A-F]{2}){3}),ip=dhcp,type=veth$/;
  assertEquals(match.test(net), true, net);
  assertEquals(normaliseNet(net, random), net, "a MAC that is given stays");
  assertEquals(withNewMac(net, random) === net, false, "unique makes a new one");
});

Deno.test("a mount point is written with its volume bare and first, then mp, then the alphabet", () => {
  const random = createRandom(1);
  const table = [
    [
      "mp0",
      "size=1G,backup=1,mp=/data,volume=local:103/vm-103-disk-0.raw",
      "local:103/vm-103-disk-0.raw,mp=/data,backup=1,size=1G",
    ],
    ["rootfs", "local-zfs:8", "local-zfs:8"],
    ["mp1", "/srv/data,mp=/data", "/srv/data,mp=/data"],
  ] as const;
  for (const [name, given, normal] of table) {
    assertEquals(normaliseOption(name, given, random), normal);
  }
});

Deno.test("sizes are read and written in the largest unit that divides them", () => {
  const table = [["1G", 2 ** 30], ["512M", 2 ** 29], ["52224K", 52224 * 1024], ["10", 10]] as const;
  for (const [text, bytes] of table) assertEquals(parseSize(text), bytes);
  assertEquals([2 ** 30, 1536 * 2 ** 20, 1025, 1024].map(formatSize), [
    "1G",
    "1536M",
    "1025",
    "1K",
  ]);
  assertEquals([2_447_360, 94_689_280, 2_140_160].map(tarSize), ["2.4MiB", "91MiB", "2.1MiB"]);
});
