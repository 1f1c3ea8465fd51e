import * as z from "zod";
import { type Intent, readAction, SOURCES } from "../../action/mod.ts";
import type { Operation } from "../../state/mod.ts";

const evidenceSchema = z.object({
  why: z.string(),
  digest: z.string().nullable(),
  observedAt: z.number(),
  source: z.enum(SOURCES),
  reference: z.string(),
  expiresAt: z.number().optional(),
});

/** What the journal keeps of why, beside the action. */
export function evidenceOf({ evidence, source, reference, expiresAt }: Intent): unknown {
  return { ...evidence, source, reference, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** The intent of an operation in the journal, or what of it cannot be read. */
export function storedWish(
  { action, evidence, origin, transaction }: Operation,
): { readonly intent: Intent } | { readonly unreadable: string } {
  const read = readAction(action);
  if (!read.ok) return { unreadable: `The journal's action cannot be read: ${read.message}` };
  const told = evidenceSchema.safeParse(evidence);
  if (!told.success) return { unreadable: "What the journal keeps of why cannot be read" };
  const { source, reference, expiresAt, ...rest } = told.data;
  return {
    intent: {
      ...{ action: read.action, origin, source, reference, transaction, evidence: rest },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  };
}
