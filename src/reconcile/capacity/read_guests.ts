import { FelhomError } from "../../errors.ts";
import type { Guest, GuestConfig, Reads, Vmid } from "../../proxmox/mod.ts";
import { eachAtOnce } from "../at_once.ts";
import { type Fill, type GivenAway, givenAway } from "./given_away.ts";

/** What the guests of a node are read with. */
export type GuestReads = Pick<Reads, "guestConfig" | "guestSnapshots">;

/** How many snapshots a guest has, by what its configuration was then. */
export interface KnownSnapshots {
  readonly digest: string;
  readonly count: number;
}

/** What all guests that can be read take. */
export interface GuestsGivenAway {
  /** By VMID and storage, of those whose configuration could be read. */
  readonly byGuest: ReadonlyMap<number, ReadonlyMap<string, GivenAway>>;
  /** By VMID, to be handed in the next time. */
  readonly snapshots: ReadonlyMap<number, KnownSnapshots>;
}

/** Configurations that are asked for at once: pveproxy answers them itself (OBSERVED 5). */
const AT_ONCE = 8;

/**
 * Reads what all guests of a list take: one configuration each, and the snapshots of those that have
 * any, once for each version of the configuration. What cannot be read is left out: it is part of
 * what the storages show as used.
 *
 * A configuration names the snapshot it came from; without that name the guest has none, but where an
 * operator has deleted the oldest of several branches.
 *
 * @throws what is no {@linkcode FelhomError}
 */
export async function readGuestsGivenAway(
  reads: GuestReads,
  { rows, fillOf, known }: {
    readonly rows: readonly Guest[];
    readonly fillOf: (vmid: number) => Fill;
    readonly known: ReadonlyMap<number, KnownSnapshots>;
  },
): Promise<GuestsGivenAway> {
  const byGuest = new Map<number, ReadonlyMap<string, GivenAway>>();
  const snapshots = new Map<number, KnownSnapshots>();
  await eachAtOnce(rows, AT_ONCE, async ({ vmid }) => {
    const read = await readOne(reads, vmid, known.get(vmid));
    if (read === null) return;
    byGuest.set(vmid, givenAway(read.config, read.count, fillOf(vmid)));
    snapshots.set(vmid, { digest: read.config.digest, count: read.count });
  });
  return { byGuest, snapshots };
}

/** Null when it cannot be read. */
async function readOne(
  reads: GuestReads,
  vmid: Vmid,
  known: KnownSnapshots | undefined,
): Promise<{ readonly config: GuestConfig; readonly count: number } | null> {
  try {
    const config: GuestConfig & { readonly parent?: unknown } = await reads.guestConfig(vmid, {
      live: true,
    });
    if (config.parent === undefined) return { config, count: 0 };
    if (known?.digest === config.digest) return { config, count: known.count };
    return { config, count: (await reads.guestSnapshots(vmid)).length };
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    return null;
  }
}
