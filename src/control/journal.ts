import * as z from "zod";
import {
  type Operation,
  OPERATION_STATES,
  type StateReader,
  type Transition,
} from "../state/mod.ts";

/** What can be read of the journal, with the daemon up or down. */
export type JournalReads = Pick<
  StateReader["operations"],
  "get" | "list" | "transitions" | "document"
>;

const operationState = z.enum(OPERATION_STATES);

const entry = z.object({
  seq: z.number(),
  id: z.string(),
  vmid: z.number().nullable(),
  kind: z.string(),
  state: operationState,
  origin: z.string(),
  /** Who it came from, as `control socket`; null where the journal does not say. */
  source: z.string().nullable(),
  /** Why it was wanted, in one sentence. */
  why: z.string().nullable(),
  /** What was said of it last, in one sentence: mostly why it did not go through. */
  said: z.string().nullable(),
  transaction: z.string().nullable(),
  compensates: z.string().nullable(),
  upid: z.string().nullable(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  /** Epoch milliseconds. */
  changedAt: z.number(),
});

/** An operation of the journal, as it is shown. */
export type JournalEntry = z.infer<typeof entry>;

/** The answer to `journal`: newest first; a row that cannot be read hides no other. */
export const journalPage = z.object({
  operations: z.array(z.union([entry, z.object({ seq: z.number(), unreadable: z.string() })])),
});

export type JournalPage = z.infer<typeof journalPage>;

/** The answer to `operation`. */
export const operationStory = entry.extend({
  action: z.unknown(),
  evidence: z.unknown(),
  /** Whether an operator signed it. */
  signed: z.boolean(),
  transitions: z.array(z.object({
    state: operationState,
    /** Epoch milliseconds. */
    at: z.number(),
    upid: z.string().nullable(),
    detail: z.unknown(),
  })),
});

export type OperationStory = z.infer<typeof operationStory>;

/** What part of the journal is wanted. */
export interface JournalQuery {
  readonly vmid?: number | undefined;
  /** Only operations before this place (`seq`). */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** A page of the journal, newest first. */
export function readJournal(
  operations: JournalReads,
  { vmid, before, limit }: JournalQuery,
): JournalPage {
  const rows = operations.list({
    limit,
    ...(vmid === undefined ? {} : { vmid }),
    ...(before === undefined ? {} : { before }),
  });
  return {
    operations: rows.map((row) =>
      "unreadable" in row ? row : entryOf(row, operations.transitions(row.id))
    ),
  };
}

/** One operation with its whole way; undefined when there is none. */
export function readStory(operations: JournalReads, id: string): OperationStory | undefined {
  const operation = operations.get(id);
  if (operation === undefined) return undefined;
  const transitions = operations.transitions(id);
  return {
    ...entryOf(operation, transitions),
    action: operation.action,
    evidence: operation.evidence,
    signed: operations.document(id) !== undefined,
    transitions: transitions.map((transition) => ({ ...transition })),
  };
}

function entryOf(operation: Operation, transitions: readonly Transition[]): JournalEntry {
  const { action: _action, evidence, step: _step, ...rest } = operation;
  return {
    ...rest,
    source: sentence(evidence, ["source"]),
    why: sentence(evidence, ["why"]),
    said: sentence(transitions.at(-1)?.detail, ["why", "message", "error"]),
  };
}

/** The first of these members that is a text, or the value itself when it is one. */
function sentence(value: unknown, names: readonly string[]): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return null;
  for (const name of names) {
    const found: unknown = Reflect.get(value, name);
    if (typeof found === "string" && found !== "") return found;
  }
  return null;
}
