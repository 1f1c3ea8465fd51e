import { type IdentityParts, readIdentity, sameParts } from "../../gate/mod.ts";
import {
  type Guest,
  type GuestConfig,
  type GuestStatus,
  parseVmid,
  type Reads,
} from "../../proxmox/mod.ts";
import type { Effect } from "./executor.ts";
import { isNoSuchGuest } from "./no_such_guest.ts";

/** What a guest's configuration says this moment. */
export interface SeenConfig {
  /** In force now. */
  readonly live: GuestConfig;
  /** With what is pending. */
  readonly next: GuestConfig;
  readonly identity: IdentityParts;
}

/**
 * Reads a guest's configuration, live and with what is pending; both from pveproxy itself
 * (OBSERVED 4). Needs VM.Audit.
 *
 * @returns `undefined` when this node has no container of that VMID
 * @throws {FelhomError} what the client throws for anything else
 */
export async function seeConfig(
  reads: Pick<Reads, "guestConfig">,
  guest: number,
): Promise<SeenConfig | undefined> {
  const vmid = parseVmid(guest);
  return await unlessMissing(async () => {
    const reading = [reads.guestConfig(vmid, { live: true }), reads.guestConfig(vmid)] as const;
    // Neither is left on its way when the other fails.
    await Promise.allSettled(reading);
    const [live, next] = await Promise.all(reading);
    return { live, next, identity: readIdentity([live, next]) };
  });
}

/**
 * Reads a guest's row and whether high availability manages it. Needs VM.Audit.
 *
 * @returns `undefined` when this node has no container of that VMID
 * @throws {FelhomError} what the client throws for anything else
 */
export async function seeStatus(
  reads: Pick<Reads, "guestStatus">,
  guest: number,
): Promise<GuestStatus | undefined> {
  return await unlessMissing(() => reads.guestStatus(parseVmid(guest)));
}

/**
 * Reads a guest's row of the list. Needs VM.Audit.
 *
 * @returns `undefined` when this node has no container of that VMID
 * @throws {FelhomError} what the client throws for anything else
 */
export async function seeRow(
  reads: Pick<Reads, "guestRow">,
  guest: number,
): Promise<Guest | undefined> {
  return await unlessMissing(() => reads.guestRow(parseVmid(guest)));
}

/** Whether a status says that the guest runs. */
export function isRunning({ status }: Pick<GuestStatus, "status">): boolean {
  return status === "running";
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNoSuchGuest(error)) return undefined;
    throw error;
  }
}

/**
 * Reads the configuration of a guest that is to be the same as one that was written down.
 *
 * @returns what is seen instead, when there is none, or another one
 */
export async function seeSame(
  reads: Pick<Reads, "guestConfig">,
  guest: number,
  then: IdentityParts,
): Promise<SeenConfig | Effect> {
  const config = await seeConfig(reads, guest);
  if (config === undefined) return goneMeanwhile(guest);
  return isAnother(config.identity, then)
    ? { seen: "other", why: `Guest ${guest} is another one now` }
    : config;
}

/**
 * Whether a guest shows another identity than one that was written down. A guest without a volume
 * cannot be told by it.
 */
export function isAnother(now: IdentityParts, then: IdentityParts): boolean {
  return now.volumes.length + then.volumes.length > 0 && !sameParts(now, then);
}

/** What is seen of a guest that is not there. */
export function goneMeanwhile(guest: number): Effect {
  return { seen: "other", why: `There is no guest ${guest} on this node any more` };
}
