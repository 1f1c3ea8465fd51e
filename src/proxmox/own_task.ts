import type { ActionKind } from "../action/mod.ts";
import { isUpid, parseUpid, type Upid } from "./upid.ts";

/**
 * Types of the tasks that a call can start (FACTS §2.3); none where Proxmox does it at once, or does
 * nothing of it. High availability takes power calls as wishes of its own (FACTS §3.6).
 */
export const TASK_TYPES = {
  "guest.start": ["vzstart", "hastart"],
  "guest.shutdown": ["vzshutdown", "hastop"],
  "guest.stop": ["vzstop", "hastop"],
  "guest.restart": ["vzreboot"],
  "guest.settings": [],
  "guest.create": ["vzrestore"],
  "guest.snapshot": ["vzsnapshot"],
  "guest.delete_snapshot": ["vzdelsnapshot"],
  "guest.rollback": ["vzrollback"],
  "guest.backup": ["vzdump"],
  "guest.prune": ["imgdel"],
  "guest.restore_over": ["vzrestore"],
  "guest.destroy": ["vzdestroy"],
  "golden.create": [],
  "disk.mount": [],
  "disk.unmount": [],
  "signers.rotate": [],
} as const satisfies Record<ActionKind, readonly string[]>;

/** What the task of a call has to be. */
export interface ExpectedTask {
  readonly node: string;
  /** The transport's `tokenId`: `user@realm!name`. */
  readonly owner: string;
  readonly types: readonly string[];
  /** A VMID, or for a backup that is deleted `101@local`. */
  readonly id: string;
}

/**
 * Whether an answer names the task that the call was to start. One that names another's is no answer
 * to it: an answer of another call, or of somebody who is not Proxmox.
 */
export function isExpectedTask(
  data: unknown,
  { node, owner, types, id }: ExpectedTask,
): data is Upid {
  if (!isUpid(data)) return false;
  const named = parseUpid(data);
  return named.node === node && named.user === owner && types.includes(named.type) &&
    named.id === id;
}
