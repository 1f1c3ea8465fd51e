import { parseProperties, printProperties } from "./property_string.ts";
import { type Random, randomMac } from "./random.ts";

/**
 * The normal form of a `netN`: `name` first, the rest by the alphabet, `type=veth`, and a MAC
 * address where none was given, so that **a PUT without hwaddr changes it** (FACTS §3.1).
 */
export function normaliseNet(text: string, random: Random): string {
  const net = parseProperties(text);
  const hwaddr = net.get("hwaddr");
  net.set("hwaddr", hwaddr === undefined ? randomMac(random) : hwaddr.toUpperCase());
  net.set("type", "veth");
  return printProperties(net, { first: ["name"] });
}

/** The same interface under a new MAC address, as `unique=1` and a clone make it (FACTS §3.4). */
export function withNewMac(text: string, random: Random): string {
  const net = parseProperties(text);
  net.delete("hwaddr");
  return normaliseNet(printProperties(net, { first: ["name"] }), random);
}

/** The bridge an interface hangs on. */
export function bridgeOf(text: string): string | undefined {
  return parseProperties(text).get("bridge");
}
