import { parseProperties } from "./property_string.ts";

/** The ACL path of the bridge, or of its VLAN, that an interface hangs on (FACTS §3.3). */
export function bridgePath(net: string): string | undefined {
  const properties = parseProperties(net);
  const bridge = properties.get("bridge");
  if (bridge === undefined) return undefined;
  const tag = properties.get("tag");
  const path = `/sdn/zones/localnetwork/${bridge}`;
  return tag === undefined ? path : `${path}/${tag}`;
}
