import { z } from "zod";
import { referenceFile } from "../reference.ts";

/** Where the captures lie. */
export const CAPTURES = "pve/captures/captures.jsonl";

const captureSchema = z.object({
  name: z.string(),
  request: z.object({
    method: z.enum(["GET", "POST", "PUT", "DELETE"]),
    path: z.string(),
    params: z.record(z.string(), z.json()).nullish(),
    token: z.string().nullish(),
  }),
  status: z.number(),
  status_line: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])).nullish(),
  body: z.json().nullish(),
  seconds: z.number().nullish(),
});

/** An exchange with a genuine Proxmox VE server. */
export type Capture = z.infer<typeof captureSchema>;

/** The captures that are one request and one answer, by name. */
export function readCaptures(): ReadonlyMap<string, Capture> {
  const captures = new Map<string, Capture>();
  for (const line of Deno.readTextFileSync(referenceFile(CAPTURES)).split("\n")) {
    if (line === "") continue;
    const parsed = captureSchema.safeParse(JSON.parse(line));
    if (parsed.success) captures.set(parsed.data.name, parsed.data);
  }
  return captures;
}

/** `data` of a capture's body. */
export function dataOf(capture: Capture): unknown {
  const { body } = capture;
  return typeof body === "object" && body !== null && !Array.isArray(body) ? body["data"] : body;
}
