import * as z from "zod";
import type { Effect } from "./executor.ts";
import type { Json } from "./json.ts";

/** A guest's volumes and MAC addresses, as they are written down. */
export const partsSchema = z.object({ volumes: z.array(z.string()), macs: z.array(z.string()) });

/** What the journal kept of how it was before; null when it is not what was written there. */
export function readBefore<T>(schema: z.ZodType<T>, before: Json): T | null {
  const read = schema.safeParse(before);
  return read.success ? read.data : null;
}

/** What is said when nobody can tell any more how it was before. */
export const UNREADABLE: Effect = {
  seen: "other",
  why: "What the host is to be held against cannot be read in the journal",
};
