import { z } from "zod";
import { referenceFile } from "../reference.ts";
import type { ParamValue } from "../seam.ts";

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
  }),
  status: z.number(),
  status_line: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.json(),
  seconds: z.number(),
});

/** One request to a genuine server, and its answer. */
export type Capture = z.output<typeof capture>;

/**
 * Reads the captures of single requests, by name, and the names of all others: raw bytes and
 * sequences, which are the wire's.
 */
export function readCaptures(): { requests: Map<string, Capture>; others: string[] } {
  const requests = new Map<string, Capture>();
  const others: string[] = [];
  for (const line of Deno.readTextFileSync(referenceFile(CAPTURES)).trim().split("\n")) {
    const value: unknown = JSON.parse(line);
    const parsed = capture.safeParse(value);
    if (parsed.success) requests.set(parsed.data.name, parsed.data);
    else others.push(z.object({ name: z.string() }).parse(value).name);
  }
  return { requests, others };
}

/** Epoch milliseconds at which the answer was sent; whole seconds. */
export function sentAt(capture: Capture): number {
  const date = capture.headers.find(([name]) => name === "Date")?.[1] ?? "";
  const time = Date.parse(date);
  if (Number.isNaN(time)) throw new Error(`Cannot read the date of "${capture.name}": "${date}"`);
  return time;
}

/** The reason phrase. */
export function reasonOf(capture: Capture): string {
  return capture.status_line.replace(/^HTTP\/1\.[01] \d{3} ?/, "");
}
