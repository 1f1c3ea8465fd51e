import { z } from "zod";
import { referenceFile } from "../reference.ts";
import type { ParamValue } from "../seam.ts";
import { readRawRequest } from "./raw_request.ts";

/** Where the captures lie, below `../shared`. */
export const CAPTURES = "pve/captures/captures.jsonl";

const paramValue: z.ZodType<ParamValue> = z.json();

const capture = z.object({
  name: z.string(),
  request: z.object({
    method: z.enum(["GET", "POST", "PUT", "DELETE"]),
    path: z.string(),
    params: z.record(z.string(), paramValue).nullable(),
    token: z.string().nullable(),
    /** Whether the parameters are as the wire read them out of bytes. */
    raw: z.literal(true).optional(),
  }),
  status: z.number(),
  status_line: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.json(),
  seconds: z.number(),
});

const rawCapture = z.looseObject({
  name: z.string(),
  request: z.object({ raw: z.string() }),
});

/** One request to a genuine server, and its answer. */
export type Capture = z.output<typeof capture>;

/**
 * Reads the captures of single requests, by name, those of raw bytes that come to the API too, and
 * the names of all others: bytes that do not, and sequences.
 */
export function readCaptures(): { requests: Map<string, Capture>; others: string[] } {
  const requests = new Map<string, Capture>();
  const others: string[] = [];
  for (const line of Deno.readTextFileSync(referenceFile(CAPTURES)).trim().split("\n")) {
    const value: unknown = JSON.parse(line);
    const parsed = capture.safeParse(readBytes(value));
    if (parsed.success) requests.set(parsed.data.name, parsed.data);
    else others.push(z.object({ name: z.string() }).parse(value).name);
  }
  return { requests, others };
}

/** A capture of raw bytes as if it were one of a request, where it is. */
function readBytes(value: unknown): unknown {
  const parsed = rawCapture.safeParse(value);
  if (!parsed.success) return value;
  const request = readRawRequest(parsed.data.request.raw);
  return request === undefined
    ? value
    : { ...parsed.data, request: { ...request, token: "agent", raw: true } };
}

/** Epoch milliseconds at which the answer was sent; whole seconds. */
export function sentAt(capture: Capture): number {
  const date = capture.headers.find(([name]) => name === "Date")?.[1] ?? "";
  const time = Date.parse(date);
  if (Number.isNaN(time)) throw new Error(`Cannot read the date of "${capture.name}": "${date}"`);
  return time;
}

/** The reason phrase, one character per byte as it goes over the wire. */
export function reasonOf(capture: Capture): string {
  const text = capture.status_line.replace(/^HTTP\/1\.[01] \d{3} ?/, "");
  return [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join("");
}
