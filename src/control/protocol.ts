import * as z from "zod";
import { DOCUMENT_LIMIT, MOST_SIGNATURES, SUBMISSION_LIMIT } from "../authz/mod.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";

/** Version of the protocol; both sides say it. */
export const CONTROL_VERSION = 1;

/** Bounds of one exchange: one request line, one answer line, then the connection is closed. */
export const CONTROL_LIMITS = {
  /** Bytes of a request, its newline included, unless its operation says otherwise. */
  requestBytes: 64 * 1024,
  /** Milliseconds until a client has sent the first byte. It connects because it has something to say. */
  firstByteMs: 500,
  /** Milliseconds a client has to send its request, and again to take the answer. */
  exchangeMs: 5_000,
} as const;

/** The longest desired state that is taken, in bytes of UTF-8. */
export const DESIRED_LIMIT = 1024 * 1024;

/** The most operations in one answer of `journal`. */
export const JOURNAL_PAGE = 100;

const envelope = { v: z.literal(CONTROL_VERSION), id: z.string().min(1).max(64) };
const vmid = z.int().min(100).max(999_999_999);
/** Of an operation or a transaction. */
const journalId = z.string().min(1).max(64);
/** What cannot be written as UTF-8 would be signed as one text and checked as another. */
const wellFormed = z.string().refine((text) => text.isWellFormed(), "is no UTF-8");

/** What a client may ask. A new operation is one entry here, one exchange and one handler. */
export const controlRequest = z.discriminatedUnion("op", [
  /** How the daemon is. */
  z.strictObject({ ...envelope, op: z.literal("status") }),
  /** Takes a desired state, or says what it would make of it. */
  z.strictObject({
    ...envelope,
    op: z.literal("apply"),
    text: wellFormed.refine(
      (text) => new TextEncoder().encode(text).length <= DESIRED_LIMIT,
      `has more than ${DESIRED_LIMIT} bytes`,
    ),
    dry_run: z.boolean(),
  }),
  /** What would be done now for the desired state in force. */
  z.strictObject({ ...envelope, op: z.literal("plan") }),
  /** Hands in a document of an operation, with signatures or without. */
  z.strictObject({
    ...envelope,
    op: z.literal("submit"),
    document: wellFormed.max(DOCUMENT_LIMIT),
    signatures: z.array(z.string().max(SUBMISSION_LIMIT)).max(MOST_SIGNATURES),
  }),
  /** Asks for one action, as the hub does. */
  z.strictObject({ ...envelope, op: z.literal("request"), wish: z.unknown() }),
  /** What a guest waits for. */
  z.strictObject({ ...envelope, op: z.literal("why"), vmid }),
  /** The journal, newest first. */
  z.strictObject({
    ...envelope,
    op: z.literal("journal"),
    vmid: vmid.optional(),
    /** Only operations before this place (`seq`). */
    before: z.int().positive().optional(),
    limit: z.int().min(1).max(JOURNAL_PAGE),
  }),
  /** One operation with its whole way. */
  z.strictObject({ ...envelope, op: z.literal("operation"), operation: journalId }),
  /** Where a transaction stands. */
  z.strictObject({ ...envelope, op: z.literal("transaction"), transaction: journalId }),
  /** How far the desired state in force is. */
  z.strictObject({ ...envelope, op: z.literal("convergence") }),
  /** What waits for a signature. */
  z.strictObject({ ...envelope, op: z.literal("pending") }),
  /** Begins a self-test: on a guest that is made for it, or on the one that is named. */
  z.strictObject({ ...envelope, op: z.literal("selftest"), vmid: vmid.nullable() }),
  /** Ends a self-test early. */
  z.strictObject({ ...envelope, op: z.literal("selftest_stop"), transaction: journalId }),
  /** Makes a new instance, after a doubt. */
  z.strictObject({ ...envelope, op: z.literal("state_ack") }),
  /** Where the audit log ends, to be kept elsewhere. */
  z.strictObject({ ...envelope, op: z.literal("audit_head") }),
]);

export type ControlRequest = z.infer<typeof controlRequest>;

/** An operation of the control socket. */
export type ControlOp = ControlRequest["op"];

/** A request without what every request has. */
export type ControlQuestion = WithoutEnvelope<ControlRequest>;
type WithoutEnvelope<Request> = Request extends unknown ? Omit<Request, "v" | "id"> : never;

/** Bounds of the exchanges of one operation. */
export interface Exchange {
  /** Bytes of the request line, its newline included. */
  readonly requestBytes: number;
  /** Bytes of the answer line, its newline included. */
  readonly answerBytes: number;
  /** Milliseconds until there must be an answer. */
  readonly workMs: number;
  /** Whether it may wait for Proxmox. */
  readonly long: boolean;
}

const KIB = 1024;
/** From the state and what the daemon has in memory. */
const AT_ONCE: Exchange = {
  requestBytes: CONTROL_LIMITS.requestBytes,
  answerBytes: 256 * KIB,
  workMs: 5_000,
  long: false,
};
/** Reads guests at Proxmox first. */
const READS_HOST: Exchange = { ...AT_ONCE, workMs: 60_000, long: true };

/** In JSON a character of a text document takes two bytes where it is escaped: `\n`, `\"`. */
const escaped = (bytes: number) => 2 * bytes + 4 * KIB;

/** What each operation may cost. */
export const EXCHANGES: Readonly<Record<ControlOp, Exchange>> = {
  status: AT_ONCE,
  apply: {
    requestBytes: escaped(DESIRED_LIMIT),
    answerBytes: 16 * 1024 * KIB,
    workMs: 120_000,
    long: true,
  },
  plan: { ...READS_HOST, answerBytes: 16 * 1024 * KIB, workMs: 120_000 },
  submit: { ...READS_HOST, requestBytes: escaped(SUBMISSION_LIMIT) },
  request: READS_HOST,
  why: AT_ONCE,
  // Actions and what Proxmox said of them have bounds of their own; this is more than a page of them.
  journal: { ...AT_ONCE, answerBytes: 8 * 1024 * KIB },
  operation: AT_ONCE,
  transaction: AT_ONCE,
  // A sentence for each guest of the largest desired state.
  convergence: { ...AT_ONCE, answerBytes: 16 * 1024 * KIB },
  pending: { ...AT_ONCE, answerBytes: 8 * 1024 * KIB },
  selftest: READS_HOST,
  selftest_stop: AT_ONCE,
  state_ack: AT_ONCE,
  audit_head: AT_ONCE,
};

/** How a request begins, so that its operation is known before the rest has come. */
const BEGINNING = /^\{"v":1,"id":"[^"\\]{1,64}","op":"([a-z_]+)"/;

/**
 * The most bytes of a request that begins so. Only one that begins as the client of this version
 * writes it, and names an operation that needs it, may be longer than usual.
 *
 * @param start of the line, 256 characters of it or more
 */
export function requestBound(start: string): number {
  const op = BEGINNING.exec(start)?.[1];
  return isControlOp(op) ? EXCHANGES[op].requestBytes : CONTROL_LIMITS.requestBytes;
}

function isControlOp(name: string | undefined): name is ControlOp {
  return name !== undefined && Object.hasOwn(EXCHANGES, name);
}

const errorCode = z.custom<ErrorCode>((value) => ERROR_CODES.some((code) => code === value));

/** An error as it is said to the other side. */
export const errorDocument = z.object({
  code: errorCode,
  message: z.string(),
  hint: z.string().optional(),
});

export type ErrorDocument = z.infer<typeof errorDocument>;

/** The answer; `id` is null when the request was too broken to have one. */
export const controlAnswer = z.discriminatedUnion("ok", [
  z.object({
    v: z.literal(CONTROL_VERSION),
    id: z.string(),
    ok: z.literal(true),
    result: z.unknown(),
  }),
  z.object({
    v: z.literal(CONTROL_VERSION),
    id: z.string().nullable(),
    ok: z.literal(false),
    error: errorDocument,
  }),
]);

export type ControlAnswer = z.infer<typeof controlAnswer>;
