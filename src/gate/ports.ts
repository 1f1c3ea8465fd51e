/** What the gate needs of others, as narrow as it can be. The wiring joins them. */
import type { Action, ActionKind, Source } from "../action/mod.ts";
import type { AuditRecord } from "./audit_record.ts";

/** Whom an action hits, as the host shows it now. A signed document must name the same. */
export interface LiveTarget {
  /** The node's action has none. */
  readonly guest: number | null;
  /** Null while there is no guest. */
  readonly name: string | null;
  /** `sha256:…`; null while there is nothing to tell the guest by. */
  readonly identity: string | null;
}

/** What has to be signed: this very action, on this very guest. */
export interface Binding {
  readonly action: Action;
  readonly target: LiveTarget;
}

/** A document and the signatures on it, as they were handed in. */
export interface Submission {
  /** The exact bytes. */
  readonly document: Uint8Array;
  /** Armored, one for each signer. */
  readonly signatures: readonly string[];
}

/** What the verification says of a document whose signatures hold. */
export interface Authorisation {
  /** Id of the operation in the journal. */
  readonly operation: string;
  readonly nonce: string;
  /** Digests of the keys that signed, `SHA256:…`. */
  readonly keys: readonly string[];
}

/** Verifies signed operations. Each refusal is a {@linkcode FelhomError} with its own code. */
export interface Authoriser {
  /**
   * Verifies a submission against what is to be done, and records the operation as authorised in
   * the same transaction that uses up the nonce.
   */
  authorise(submission: Submission, binding: Binding): Authorisation;
  /** Verifies an authorised operation again from its stored bytes, the nonce apart. */
  recheck(operation: string, binding: Binding): Authorisation;
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

/** A document as `ssh-keygen` is to sign it. */
export interface Draft {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Writes documents: knows the host, the instance, a fresh nonce, how long a document lives. */
export interface DocumentWriter {
  draft(binding: Binding, options: { readonly reason: string; readonly at: number }): Draft;
}

/** Something an operator has to know that changes no decision. */
export type Alarm =
  /** Somebody altered what was written, or the disk did. */
  | { readonly kind: "audit_broken" }
  /** Decisions leave no trace at present. */
  | { readonly kind: "audit_unwritten"; readonly cause: unknown }
  /** A destructive wish could not be kept; it was refused all the same. */
  | { readonly kind: "pending_unkept"; readonly cause: unknown };

/** Everything the gate needs of others. */
export interface Ports {
  readonly audit: AuditLog;
  readonly authoriser: Authoriser;
  readonly pending: PendingOperations;
  readonly documents: DocumentWriter;
  /** Does all of `work` or nothing of it, durably. */
  readonly transaction: <T>(work: () => T) => T;
  readonly alarm: (alarm: Alarm) => void;
}
