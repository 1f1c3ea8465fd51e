import type { Action } from "../../action/mod.ts";
import type { GuestConfig } from "../../proxmox/mod.ts";
import { mountedVolumes, sumOfSizes } from "./volume_sizes.ts";

/**
 * What an action gives away on each storage, bytes; null when nobody can tell. A snapshot lies beside
 * the volumes, on each storage as large as those that it is of; all else goes to one storage. Pure.
 *
 * @param known.config the guest's, where it could be read
 * @param known.expected what is written in all
 */
export function addedBytes(
  { kind }: Pick<Action, "kind">,
  { config, expected }: { readonly config: GuestConfig | null; readonly expected: number | null },
): (storage: string) => number | null {
  if (kind !== "guest.snapshot") return () => expected;
  if (config === null) return () => null;
  const volumes = mountedVolumes(config);
  return (name) => sumOfSizes(volumes.filter(({ storage }) => storage === name));
}
