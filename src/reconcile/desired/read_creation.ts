import { PARAMS } from "../../action/mod.ts";
import type { Json } from "../../config/json.ts";
import type { DesiredCreation } from "./desired_state.ts";
import type { Field, Section } from "./section.ts";

const { image, storage, hostname, network } = PARAMS["guest.create"].shape;
const { bridge, vlan, ipv4, gateway } = network.shape;

const IMAGE: Field<string> = {
  allowed: "the volume id of an LXC backup: the golden image",
  read: text(image),
};
const STORAGE: Field<string> = { allowed: "the id of a storage", read: text(storage) };
const HOSTNAME: Field<string> = {
  allowed: "a host name: at most 63 lower-case letters, digits and inner hyphens",
  read: text(hostname),
};
const BRIDGE: Field<string> = { allowed: "the name of a bridge", read: text(bridge) };
const IPV4: Field<string> = {
  allowed: '"dhcp", "manual", or an address such as 192.0.2.10/24',
  read: text(ipv4),
};
const GATEWAY: Field<string | null> = {
  allowed: "an IPv4 address, only beside an address of its own, or null",
  read: (value) => value === null ? null : text(gateway.unwrap())(value),
};
const VLAN: Field<number | null> = {
  allowed: "a whole number from 1 to 4094, or null",
  read: (value) => {
    const result = vlan.safeParse(value);
    return result.success ? result.data : undefined;
  },
};
const FLAG: Field<boolean> = {
  allowed: "true or false",
  read: (value) => typeof value === "boolean" ? value : undefined,
};

/** How a guest is made when there is none. What of the network is optional has no effect by default. */
export function readCreation(creation: Section): DesiredCreation | undefined {
  const found = {
    image: creation.need("image", IMAGE),
    storage: creation.need("storage", STORAGE),
    hostname: creation.need("hostname", HOSTNAME),
    network: readNetwork(creation),
  };
  creation.refuseOthers(() => ({ reason: "No key has this name" }));
  const { image, storage, hostname, network } = found;
  if (
    image === undefined || storage === undefined || hostname === undefined || network === undefined
  ) return undefined;
  return { image, storage, hostname, network };
}

function readNetwork(creation: Section): DesiredCreation["network"] | undefined {
  const section = creation.needSection("network");
  if (section === undefined) return undefined;
  const bridge = section.need("bridge", BRIDGE);
  const ipv4 = section.need("ipv4", IPV4);
  const vlan = section.take("vlan", VLAN) ?? null;
  const gateway = section.take("gateway", GATEWAY) ?? null;
  const link_down = section.take("link_down", FLAG) ?? false;
  section.refuseOthers(() => ({ reason: "No key has this name" }));
  if (bridge === undefined || ipv4 === undefined) return undefined;
  if (gateway !== null && !ipv4.includes("/")) {
    section.wrong("gateway", { reason: "There is no address for it", allowed: GATEWAY.allowed });
    return undefined;
  }
  return { bridge, vlan, ipv4, gateway, link_down };
}

function text(schema: {
  safeParse(value: unknown): { readonly success: true; readonly data: string } | {
    readonly success: false;
  };
}): (value: Json) => string | undefined {
  return (value) => {
    const result = schema.safeParse(value);
    return result.success ? result.data : undefined;
  };
}
