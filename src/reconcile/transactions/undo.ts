import { type Action, type ActionOf, readAction } from "../../action/mod.ts";
import { parseVmid } from "../../proxmox/mod.ts";
import type { Operation } from "../../state/mod.ts";
import { inspectFirst } from "../executors/inspect_first.ts";
import { readConfigOrNull } from "../executors/read_config.ts";
import type { Work } from "../work.ts";
import { keptSnapshot } from "./broken_rollback.ts";

/** What it takes to make one operation undone. */
export type Undo =
  /** There is nothing of it. */
  | { readonly kind: "nothing" }
  /** What it made is gone already, whoever took it away: the journal's mark goes too. */
  | { readonly kind: "gone"; readonly forget: () => void }
  | { readonly kind: "action"; readonly action: Action }
  /** It is there and stays, for good: it is not the agent's to take away any more. */
  | { readonly kind: "kept"; readonly why: string }
  /**
   * Something of it may be there, and the agent may or can not take it away. `passes`: it may yet, once
   * something was cleared.
   */
  | { readonly kind: "blocked"; readonly why: string; readonly passes: boolean };

const NOTHING: Undo = { kind: "nothing" };

/**
 * What of an operation is left on the host, and what takes it away. Only what the journal marks as
 * made by it is ever taken away: anything else under the same name or VMID is somebody else's until
 * it is proven otherwise.
 *
 * @throws {FelhomError} when the host cannot be read
 */
export async function undoOf(work: Work, operation: Operation): Promise<Undo> {
  if (operation.state === "abandoned") return NOTHING;
  const read = readAction(operation.action);
  if (!read.ok) {
    return { kind: "blocked", passes: false, why: `Operation ${operation.id}: ${read.message}` };
  }
  const { action } = read;
  switch (action.kind) {
    case "guest.create":
    case "golden.create":
      return await undoGuest(work, operation, action.guest);
    case "guest.restore_over":
      return await undoGuest(work, operation, action.params.new_vmid);
    case "guest.snapshot":
      return await undoSnapshot(work, operation, action);
    // They make nothing, or (a backup) nothing that is ever taken away again.
    case "guest.rollback":
    case "guest.delete_snapshot":
    case "guest.backup":
    case "guest.prune":
    case "guest.destroy":
    case "signers.rotate":
      return NOTHING;
    case "guest.start":
    case "guest.shutdown":
    case "guest.stop":
    case "guest.restart":
    case "guest.settings":
    case "disk.mount":
    case "disk.unmount":
      // No transaction of the agent's has such a step; what cannot be undone is not passed over.
      return {
        kind: "blocked",
        passes: false,
        why: `A transaction cannot take ${action.kind} back`,
      };
    default:
      return action satisfies never;
  }
}

async function undoGuest(
  { eyes: { reads }, state, clock }: Work,
  { id, state: ended }: Operation,
  vmid: number,
): Promise<Undo> {
  const mark = state.guests.get(vmid);
  const ours = mark?.operation === id;
  const config = await readConfigOrNull(reads, vmid);
  if (config === null) {
    return ours ? { kind: "gone", forget: () => state.guests.gone(vmid, clock.now()) } : NOTHING;
  }
  if (ours) {
    // Somebody's lock has ended the claim by now: then nothing is waited for, and the gate says so.
    if (config.lock !== undefined && state.guests.get(vmid)?.ranAt === null) {
      return locked(vmid, config.lock);
    }
    const action = { kind: "guest.destroy", guest: vmid, params: { purge: false } } as const;
    return { kind: "action", action };
  }
  if (config.lock === "create") {
    return {
      kind: "blocked",
      passes: true,
      why:
        `Guest ${vmid} was left half made, with lock=create, and is left as it is. Look on the ` +
        `host whose it is and what it holds: ${inspectFirst(vmid)}`,
    };
  }
  // The VMID was taken by another guest, before ours or after.
  if (ended !== "unknown") return NOTHING;
  return {
    kind: "blocked",
    passes: false,
    why:
      `Guest ${vmid} exists, but operation ${id} cannot be shown to have created it; it is left ` +
      `as it is. Look at it: ${inspectFirst(vmid)}`,
  };
}

async function undoSnapshot(
  { eyes: { reads }, state, clock }: Work,
  { id }: Operation,
  { guest: vmid, params: { snapshot: name } }: ActionOf<"guest.snapshot">,
): Promise<Undo> {
  const mark = state.snapshots.get(vmid, name);
  const ours = mark?.operation === id;
  const config = await readConfigOrNull(reads, vmid);
  const there = config === null
    ? undefined
    : (await reads.guestSnapshots(parseVmid(vmid))).find((one) => one.name === name);
  if (ours && there?.snaptime === mark.takenAt) {
    if (state.operations.rolledBackUncleanly(vmid, id)) {
      return { kind: "kept", why: keptSnapshot(vmid, name) };
    }
    // A deletion that failed half-way leaves one (FACTS §3.7).
    // Another's lock has ended the claim by now.
    if (config?.lock !== undefined && state.snapshots.get(vmid, name)?.stoppedThroughout === true) {
      return locked(vmid, config.lock);
    }
    const params = { snapshot: name, taken_at: mark.takenAt };
    return { kind: "action", action: { kind: "guest.delete_snapshot", guest: vmid, params } };
  }
  if (ours) return { kind: "gone", forget: () => state.snapshots.gone(vmid, name, clock.now()) };
  if (there === undefined) return NOTHING;
  return {
    kind: "blocked",
    passes: false,
    why:
      `Guest ${vmid} has a snapshot ${name}, but operation ${id} cannot be shown to have taken ` +
      `it; it is left as it is. Look at it: ${inspectFirst(vmid)}`,
  };
}

function locked(vmid: number, lock: string): Undo {
  return {
    kind: "blocked",
    passes: true,
    why:
      `Guest ${vmid} is locked (${lock}). Wait for a task that holds the lock. When none does, ` +
      "leave lock and snapshots as they are: a snapshot may be the only copy. Make sure of a backup, " +
      `and look: ${inspectFirst(vmid)}`,
  };
}
