import { ApiError, type Method } from "./api_error.ts";
import type { Answer } from "./flight.ts";
import { plainText } from "./plain_text.ts";
import { TransportError } from "./transport_error.ts";

/** What a successful answer carries. */
export interface Envelope {
  readonly data: unknown;
  /** How many rows there are in all, where the call says so. */
  readonly total: number | undefined;
  /** The node's clock when it answered, in seconds since the epoch; 0 when it did not say. */
  readonly date: () => number;
}

/** A call whose answer is decoded. */
export interface Decoding {
  readonly method: Method;
  /** Path below `/api2/json`. */
  readonly path: string;
  /** Takes the token out of a text: who answers may send back what he got. */
  readonly redact: (text: string) => string;
}

/**
 * Takes an answer apart.
 *
 * @throws {ApiError} for a status of 400 and above
 * @throws {TransportError} `proxmox.malformed` for anything the API does not send
 */
export function decodeAnswer(call: Decoding, answer: Answer): Envelope {
  const { status, body } = answer;
  if (status >= 400) throw apiError(call, answer);
  const envelope = status === 200 ? parseObject(body) : undefined;
  if (envelope === undefined || !("data" in envelope)) throw notTheApi(call, answer);
  return {
    data: envelope.data,
    total: typeof envelope.total === "number" ? envelope.total : undefined,
    date: () => Math.floor(Date.parse(answer.headers().date ?? "") / 1000) || 0,
  };
}

interface JsonObject {
  readonly [key: string]: unknown;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // Not JSON: the caller says what came instead.
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Errors of the protocol itself come as plain text or empty; never assume JSON (FACTS §1.3). */
function apiError(
  { method, path, redact }: Decoding,
  { status, reason, body }: Answer,
): ApiError {
  const said = parseObject(body);
  const message = typeof said?.message === "string" ? said.message : "";
  const fields: Record<string, string> = {};
  for (const [name, text] of Object.entries(isObject(said?.errors) ? said.errors : {})) {
    fields[plainText(redact(name))] = plainText(redact(String(text)));
  }
  const text = plainText(redact(message)) || plainText(redact(utf8(reason)));
  return new ApiError({ method, path, status, text, fields });
}

/** Node reads the status line as Latin-1; Proxmox writes UTF-8. */
function utf8(latin1: string): string {
  return new TextDecoder().decode(Uint8Array.from(latin1, (byte) => byte.charCodeAt(0)));
}

function notTheApi({ method, path, redact }: Decoding, answer: Answer): TransportError {
  const headers = answer.headers();
  const type = plainText(redact(headers["content-type"] ?? "no content type"));
  const location = plainText(redact(headers.location ?? ""));
  const what = location === ""
    ? `status ${answer.status}, ${type}, ${answer.body.length} characters that are no API answer`
    : `status ${answer.status}, a redirect to ${location}`;
  return new TransportError("proxmox.malformed", `Cannot ${method} ${path}: got ${what}`, {
    sent: "maybe",
    hint: "Check that the endpoint is the Proxmox API itself, not a web page or a proxy before it.",
    retry: method === "GET" ? "never" : "unknown",
  });
}
