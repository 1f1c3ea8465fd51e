import { backupsOf, type WorldView } from "./world_view.ts";

/** What differs between two guests that are alike: addresses, names of volumes. */
const OWN = new Set(["hostname", "rootfs", "description"]);

/**
 * What stands under a VMID, a line each, without what is the guest's own alone: so guests that the
 * same was done to have the same portrait.
 */
export function portrait(world: WorldView, vmid: number): string[] {
  const guest = world.guests.find((each) => each.vmid === vmid);
  const backups = backupsOf(world, vmid).length;
  if (guest === undefined) return ["no guest", `backups: ${backups}`];
  const { options, pending, snapshots, status, lock } = guest;
  const lines = (kind: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).filter(([name]) => !OWN.has(name)).map(([name, value]) =>
      `${kind} ${name}: ${name.startsWith("net") ? withoutAddresses(value) : value}`
    ).toSorted();
  return [
    status,
    `lock: ${lock ?? "none"}`,
    ...lines("option", options),
    ...lines("pending", pending),
    `snapshots: ${snapshots.join(" ") || "none"}`,
    `backups: ${backups}`,
  ];
}

function withoutAddresses(net: string): string {
  return net.split(",").filter((part) => !/^(?:hwaddr|ip)=/.test(part)).join(",");
}
