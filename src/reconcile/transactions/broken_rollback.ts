import type { Operation } from "../../state/mod.ts";
import { inspectFirst } from "../executors/inspect_first.ts";

/**
 * Whether a rollback among the operations of a transaction began and did not end well, as far as
 * anybody knows. On LVM-thin a rollback removes the volume and makes it anew from the snapshot: what is
 * broken off in between leaves the snapshot as the only copy of the data. From then on the snapshot is
 * the operator's.
 */
export function hasBrokenRollback(
  operations: readonly Pick<Operation, "kind" | "state">[],
): boolean {
  return operations.some(({ kind, state }) =>
    kind === "guest.rollback" && !["authorised", "abandoned", "succeeded"].includes(state)
  );
}

/** What an operator is told of a snapshot that is kept for that reason; one sentence after the other. */
export function keptSnapshot(vmid: number, snapshot: string): string {
  return `Snapshot ${snapshot} of guest ${vmid} is kept and belongs to the operator: a rollback to it ` +
    "did not end well, and it may be the only copy of the guest's data. The agent does not touch it. " +
    "A lock that the rollback left stays until it is known what is whole: make sure of a backup, and " +
    `look: ${inspectFirst(vmid)}`;
}
