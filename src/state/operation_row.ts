import * as z from "zod";
import type { Operation, SignedDocument, Transition, UnreadableOperation } from "./operation.ts";
import { OPERATION_STATES } from "./operation_state.ts";
import { jsonColumn, textsColumn } from "./row.ts";

const state = z.enum(OPERATION_STATES);
const operationRow = z.object({
  seq: z.int(),
  id: z.string(),
  transaction_id: z.string().nullable(),
  step: z.int(),
  compensates: z.string().nullable(),
  vmid: z.int().nullable(),
  kind: z.string(),
  action: jsonColumn,
  origin: z.enum(["desired", "job", "selftest", "recovery"]),
  evidence: jsonColumn,
  created_at: z.int(),
  state,
  changed_at: z.int(),
  upid: z.string().nullable(),
});
const transitionRow = z.object({
  state,
  at: z.int(),
  upid: z.string().nullable(),
  detail: jsonColumn.nullable(),
});
const documentRow = z.object({
  bytes: z.instanceof(Uint8Array),
  signatures: textsColumn,
  nonce: z.string(),
  expires_at: z.int(),
});
const seqRow = z.object({ seq: z.int() });

/** What {@linkcode toOperation} reads. */
export const OPERATION_COLUMNS =
  "seq, id, transaction_id, step, compensates, vmid, kind, action, origin, evidence, " +
  "created_at, state, changed_at, upid";
/** @throws {z.ZodError} for a row the agent did not write */
export function toOperation(row: unknown): Operation {
  const { transaction_id, created_at, changed_at, ...rest } = operationRow.parse(row);
  return { ...rest, transaction: transaction_id, createdAt: created_at, changedAt: changed_at };
}

/** The operation of a row, or what is wrong with it. */
export function toOperationOrNot(row: unknown): Operation | UnreadableOperation {
  try {
    return toOperation(row);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    return {
      seq: seqRow.parse(row).seq,
      unreadable: `${issue?.path.join(".")}: ${issue?.message}`,
    };
  }
}

/** @throws {z.ZodError} for a row the agent did not write */
export function toTransition(row: unknown): Transition {
  return transitionRow.parse(row);
}

/** @throws {z.ZodError} for a row the agent did not write */
export function toSignedDocument(row: unknown): SignedDocument {
  const { expires_at: expiresAt, ...rest } = documentRow.parse(row);
  return { ...rest, expiresAt };
}
