/** What the gate needs of others, as narrow as it can be. The wiring joins them. */
import type { ActionKind, Intent, Source } from "../action/mod.ts";
import type { HostFacts, SignedRecord, Submission } from "../authz/mod.ts";
import type { AuditRecord } from "./audit_record.ts";

/** What signed documents are held against, but for what the gate knows itself. */
export type SigningFacts = Omit<HostFacts, "now" | "stateBehind">;

/** The journal of operations, as far as signed ones begin in it. */
export interface SignedOperations {
  /** The operation that used a nonce; `undefined` while nobody has. */
  usedBy(nonce: string): string | undefined;
  /**
   * Records an operation as authorised and its nonce as used.
   *
   * @returns the operation's id
   * @throws when it cannot be recorded, or the nonce is used already
   */
  record(signed: SignedRecord, intent: Intent): string;
  /**
   * What was recorded of an operation that is authorised and was not started.
   *
   * @throws {FelhomError} when there is none such
   */
  stored(operation: string): Submission;
}

/** The audit log, a hash chain. */
export interface AuditLog {
  /**
   * Appends a record durably.
   *
   * @returns whether the chain before it holds
   * @throws when the record is not on the disk
   */
  append(record: AuditRecord): "intact" | "broken";
}

/** A destructive wish, to be kept for an operator to see. */
export interface Wish {
  readonly source: Source;
  /** The same for the same wish, whatever nonce its document has. */
  readonly key: string;
  readonly kind: ActionKind;
  readonly vmid: number | null;
  /** The exact document to sign. */
  readonly document: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expiresAt: number;
}

/** The pending operations: capped per source, one for each wish, gone when they expire. */
export interface PendingOperations {
  /** @returns "known" when the wish is there already, "dropped" when there is no place */
  add(wish: Wish): "added" | "known" | "dropped";
}

/** Something an operator has to know that changes no decision. */
export type Alarm =
  /** Somebody altered what was written, or the disk did. */
  | { readonly kind: "audit_broken" }
  /** Decisions leave no trace at present. */
  | { readonly kind: "audit_unwritten"; readonly cause: unknown }
  /** A destructive wish could not be kept; it was refused all the same. */
  | { readonly kind: "pending_unkept"; readonly cause: unknown };

/** Everything the gate needs of others. That signatures hold, it sees for itself. */
export interface Ports {
  readonly audit: AuditLog;
  readonly operations: SignedOperations;
  readonly pending: PendingOperations;
  /** Does all of `work` or nothing of it, durably. */
  readonly transaction: <T>(work: () => T) => T;
  /** Asked anew for each decision: signers are replaced while the agent runs. */
  readonly signing: () => SigningFacts;
  /** As many bytes as asked for that nobody can foretell. */
  readonly random: (length: number) => Uint8Array;
  readonly alarm: (alarm: Alarm) => void;
}
