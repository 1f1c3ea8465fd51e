import type { Action, ActionOf } from "../action/mod.ts";
import {
  isNetworkOrBroadcast,
  liesInPrefix,
  parseIpv4,
  parseIpv4Interface,
} from "../config/ipv4.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { AllowLists, InterfaceFacts } from "./resources.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

type Network = ActionOf<"guest.create">["params"]["network"];

/**
 * What an action would use that root's configuration does not allow, whoever asks and whoever signs:
 * the storages that something is made on, and where a new guest's interfaces lead.
 */
export function offAllowList(action: Action, facts: Facts): Refused | undefined {
  const { allowed } = facts;
  switch (action.kind) {
    case "guest.create":
      return offStorage(action.params.storage, allowed) ??
        offInterface(interfaceOf(action.params.network), allowed);
    case "golden.create":
      return offStorage(action.params.rootfs.storage, allowed);
    case "guest.backup":
      return offStorage(action.params.storage, allowed);
    case "guest.restore_over":
      return offStorage(action.params.storage, allowed) ?? offRestored(facts);
    default:
      return undefined;
  }
}

/** A restore brings back the interfaces that were backed up. */
function offRestored({ restoredInterfaces, allowed }: Facts): Refused | undefined {
  if (restoredInterfaces === null) {
    return refuse("interfaces_unknown");
  }
  for (const each of restoredInterfaces) {
    const off = offInterface(each, allowed);
    if (off !== undefined) return off;
  }
  return undefined;
}

function interfaceOf({ bridge, vlan, ipv4, gateway }: Network): InterfaceFacts {
  return { name: "net0", bridge, vlans: vlan === null ? [] : [vlan], ipv4, gateway };
}

function offStorage(storage: string, { storages }: AllowLists): Refused | undefined {
  return storages.includes(storage) ? undefined : notListed("proxmox.storages", storage);
}

function offInterface(
  { bridge, vlans, ipv4, gateway }: InterfaceFacts,
  allowed: AllowLists,
): Refused | undefined {
  if (bridge !== null && !allowed.bridges.includes(bridge)) {
    return notListed("proxmox.bridges", bridge);
  }
  const vlan = vlans.find((tag) =>
    !allowed.vlans.some(({ first, last }) => tag >= first && tag <= last)
  );
  if (vlan !== undefined) return notListed("proxmox.vlans", String(vlan));
  return offAddress(ipv4, allowed) ?? (gateway === null ? undefined : offGateway(gateway, allowed));
}

function offAddress(text: string, { addressPrefixes }: AllowLists): Refused | undefined {
  if (text === "dhcp" || text === "manual") return undefined;
  const found = parseIpv4Interface(text);
  if (found === undefined) return badAddress(text, "it is not written as an IPv4 address is");
  if (isNetworkOrBroadcast(found)) {
    return badAddress(text, "it is the network's own address, or its broadcast");
  }
  // A network that reaches beyond the prefix would take others' addresses for neighbours.
  const lies = addressPrefixes.some((prefix) =>
    liesInPrefix(found.address, prefix) && found.bits >= prefix.bits
  );
  return lies ? undefined : notListed("proxmox.address_prefixes", text);
}

function offGateway(text: string, { addressPrefixes }: AllowLists): Refused | undefined {
  const address = parseIpv4(text);
  if (address === undefined) return badAddress(text, "it is not written as an IPv4 address is");
  return addressPrefixes.some((prefix) => liesInPrefix(address, prefix))
    ? undefined
    : notListed("proxmox.address_prefixes", text);
}

function badAddress(text: string, why: string): Refused {
  return refuse("bad_address", `No guest gets the address ${JSON.stringify(text)}: ${why}.`);
}

function notListed(key: string, value: string): Refused {
  return refuse("not_allow_listed", `${key} does not allow ${JSON.stringify(value)}.`);
}
