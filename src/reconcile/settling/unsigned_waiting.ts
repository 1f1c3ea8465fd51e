import { readAction } from "../../action/mod.ts";
import type { Operation } from "../../state/mod.ts";
import { attempt } from "../facts/attempt.ts";
import type { Work } from "../work.ts";
import { abandon } from "./abandon.ts";
import { storedWish } from "./stored_wish.ts";

/** Whether an operation is a request that nobody signed and that has not begun. */
function isUnsignedRequest({ state }: Work, { id, state: at, origin }: Operation): boolean {
  return at === "authorised" && origin === "job" && state.operations.document(id) === undefined;
}

/** Why a request that nobody signed is given up; `undefined` for one that lives, and for all else. */
export function whyOver(work: Work, operation: Operation): string | undefined {
  if (!isUnsignedRequest(work, operation)) return undefined;
  const stored = storedWish(operation);
  const expiresAt = "intent" in stored ? stored.intent.expiresAt ?? null : null;
  return work.lifetimes.whyOver({ ...operation, expiresAt });
}

/** Gives up those requests whose time is over. @returns the others */
export function giveUpOver(work: Work, operations: readonly Operation[]): readonly Operation[] {
  return operations.filter((operation) => {
    const why = whyOver(work, operation);
    if (why === undefined) return true;
    abandon(work, operation.id, why);
    work.lifetimes.forget(operation.id);
    return false;
  });
}

/** Lets the time until the next look not count for what waits for a guest. */
export function pauseWaiting({ state, lifetimes }: Work, guest: number | null): void {
  for (const { id } of state.operations.unfinishedOf(guest)) lifetimes.pause(id);
}

/**
 * Lets the time that a backup waits for the node's one not count for itself, if it leaves its guest
 * running: whoever asks for a backup of each guest may ask for all of them at once. For whatever else
 * waits there it counts.
 */
export function pauseBackup({ lifetimes }: Work, { id, action }: Operation): void {
  const read = readAction(action);
  if (!read.ok || read.action.kind !== "guest.backup") return;
  if (read.action.params.mode === "snapshot") lifetimes.pause(id);
}

/**
 * Does something for an operation, and lets the time that it takes not count for what waits for the
 * same guest, if it is signed work. Behind what nobody signed all time counts.
 */
export async function excusing<T>(
  { state, lifetimes, clock }: Work,
  { id, vmid: guest }: Pick<Operation, "id" | "vmid">,
  act: () => Promise<T>,
): Promise<T> {
  if (!state.operations.isSigned(id)) return await act();
  const from = clock.monotonic();
  try {
    return await act();
  } finally {
    const ms = clock.monotonic() - from;
    for (const waiting of state.operations.unfinishedOf(guest)) lifetimes.excuse(waiting.id, ms);
  }
}

/**
 * Whether a task that runs may hold a guest's lock. A backup of several guests names none of them
 * (FACTS §2.3). When nobody can tell, the lock counts as left behind.
 */
export async function isLockAlive(
  { eyes: { reads } }: Work,
  { guest, lock }: { readonly guest: number; readonly lock: string },
  signal: AbortSignal,
): Promise<boolean> {
  const tasks = await attempt(reads.tasks({ source: "active", signal }), { signal });
  if (!tasks.ok) return false;
  for (const { upid, type, id } of tasks.value) {
    const isOfGuest = id === String(guest) || (lock === "backup" && type === "vzdump" && id === "");
    if (!isOfGuest) continue;
    // A row may say RUNNING for a while after the end (FACTS §2.5).
    const status = await attempt(reads.taskStatus(upid, { signal }), { signal });
    if (status.ok && status.value.status === "running") return true;
  }
  return false;
}
