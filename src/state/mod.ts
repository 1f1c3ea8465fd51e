/**
 * The state: one SQLite database behind typed repositories, and the lock on its folder. Nobody
 * outside of this folder writes SQL.
 */
export type { AuditEntry, AuditRefusal } from "./audit.ts";
export type { AuditReport } from "./audit_verify.ts";
export type { AuditLink, AuditPlace, BrokenLink } from "./audit_chain.ts";
export type { DesiredRevision } from "./desired_revisions.ts";
export { gatePorts, type GatePortsOptions } from "./gate_ports.ts";
export { AWAY, type GuestMade, isScratch, type NewGuest, SCRATCH_LIFE_MS } from "./guests_made.ts";
export type { Instance } from "./instances.ts";
export { lockHolder, lockState, type StateLock } from "./lock.ts";
export { openState, type OpenStateOptions } from "./open_state.ts";
export { isFinal, mayFollow, OPERATION_STATES, type OperationState } from "./operation_state.ts";
export type { AdvanceOptions, ListOptions } from "./operations.ts";
export {
  isReadable,
  type NewOperation,
  type Operation,
  type OperationOrigin,
  type SignedDocument,
  type Transition,
  type UnreadableOperation,
} from "./operation.ts";
export { type NewPending, PENDING_LIMITS, type PendingOperation } from "./pending.ts";
export type { Quarantine } from "./quarantines.ts";
export { readState, type StateReader } from "./read_state.ts";
export { RETENTION } from "./retention.ts";
export { type Shortage, SHORTAGE_WORDS, SHORTAGES } from "./shortage.ts";
export type { SignerRole, SignerSet } from "./signer_sets.ts";
export type { SnapshotMade } from "./snapshots_made.ts";
export type { State } from "./state.ts";
export type { Purpose, TransactionOptions } from "./store.ts";
export type { AgentTransaction } from "./transactions.ts";
export { textDigest } from "./text_digest.ts";
