import type { OperationState } from "./operation_state.ts";

/** Where the wish for an operation came from. */
export type OperationOrigin = "desired" | "job" | "selftest" | "recovery";

/** What was signed, byte for byte, and by what. */
export interface SignedDocument {
  readonly bytes: Uint8Array;
  /** Armored, as they came. */
  readonly signatures: readonly string[];
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** An operation the gate has let through. */
export interface NewOperation {
  /** Random, unique for good. */
  readonly id: string;
  /** The transaction it is a step of, opened when it is new; `null` when it stands alone. */
  readonly transaction: string | null;
  /** Place in the transaction. @default 0 */
  readonly step?: number;
  /** The operation that this one makes undone. */
  readonly compensates?: string;
  /** The guest it changes; `null` for the host. */
  readonly vmid: number | null;
  /** JSON; `kind` is kept beside it. */
  readonly action: { readonly kind: string };
  readonly origin: OperationOrigin;
  /** JSON: what the gate went by. */
  readonly evidence: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
  /** There for what needed a signature. */
  readonly signed?: SignedDocument;
}

/** An operation as the journal has it. */
export interface Operation {
  /** Ascending in the order in which they were authorised. */
  readonly seq: number;
  readonly id: string;
  /** `null` when it stands alone. */
  readonly transaction: string | null;
  readonly step: number;
  readonly compensates: string | null;
  readonly vmid: number | null;
  readonly kind: string;
  /** To be parsed by who knows the kinds. */
  readonly action: unknown;
  readonly origin: OperationOrigin;
  readonly evidence: unknown;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly state: OperationState;
  /** Epoch milliseconds. */
  readonly changedAt: number;
  readonly upid: string | null;
}

/** A row that cannot be read. The others can. */
export interface UnreadableOperation {
  readonly seq: number;
  readonly unreadable: string;
}

/** Whether a row of the journal could be read. */
export function isReadable(row: Operation | UnreadableOperation): row is Operation {
  return !("unreadable" in row);
}

/** One durable row of an operation's way. */
export interface Transition {
  readonly state: OperationState;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly upid: string | null;
  readonly detail: unknown;
}
