import * as z from "zod";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";

/** Version of the protocol; both sides say it. */
export const CONTROL_VERSION = 1;

/** Bounds of one exchange: one request line, one answer line, then the connection is closed. */
export const CONTROL_LIMITS = {
  /** Bytes of a request, its newline included. */
  requestBytes: 64 * 1024,
  /** Bytes of an answer, its newline included. */
  answerBytes: 4 * 1024 * 1024,
  /** Milliseconds a client has to send its request, and again to take the answer. */
  exchangeMs: 5_000,
  /** Connections served at once; one more is told to come again. */
  connections: 16,
} as const;

const envelope = { v: z.literal(CONTROL_VERSION), id: z.string().min(1).max(64) };

/** What a client may ask. A new operation is one entry here and one handler. */
export const controlRequest = z.discriminatedUnion("op", [
  z.strictObject({ ...envelope, op: z.literal("status") }),
]);

export type ControlRequest = z.infer<typeof controlRequest>;

/** An operation of the control socket. */
export type ControlOp = ControlRequest["op"];

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
