import type { InterfaceFacts } from "../../gate/mod.ts";
import { readBackupConfig } from "../executors/read_backup_config.ts";
import { readProperties } from "../executors/property_string.ts";

const NET_KEY = /^net\d+$/;

/**
 * The interfaces that the configuration inside a backup brings back; null for one that cannot be
 * understood. IPv6 addresses are none of what is looked at.
 */
export function restoredInterfaces(text: string): readonly InterfaceFacts[] | null {
  const found: InterfaceFacts[] = [];
  for (const [name, value] of Object.entries(readBackupConfig(text))) {
    if (!NET_KEY.test(name)) continue;
    const net = readProperties(value);
    const vlans = vlansOf(net.get("tag"), net.get("trunks"));
    if (vlans === null) return null;
    found.push({
      name,
      vlans,
      bridge: net.get("bridge") ?? null,
      ipv4: net.get("ip") ?? "manual",
      gateway: net.get("gw") ?? null,
    });
  }
  return found;
}

/** `10` and `20;30-40` (FACTS §3.1); null for what is neither. */
function vlansOf(tag: string | undefined, trunks: string | undefined): number[] | null {
  const tags: number[] = [];
  for (const part of [...(tag === undefined ? [] : [tag]), ...(trunks?.split(";") ?? [])]) {
    const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (from === undefined) return null;
    for (let each = Number(from); each <= Number(to); each++) tags.push(each);
  }
  return tags;
}
