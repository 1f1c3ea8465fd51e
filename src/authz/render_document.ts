import type { OperationDocument } from "./operation_document.ts";

/** The keys in the one order that they may stand in. */
const KEYS = [
  "v",
  "op",
  "host",
  "instance",
  "guest",
  "name",
  "identity",
  "params",
  "nonce",
  "not_before",
  "expires",
  "reason",
] as const satisfies readonly (keyof OperationDocument)[];

/**
 * The one way a document may be written: its keys in their order, two blanks a level, a newline at
 * the end. The keys of `params` stand in the order that the checked value has them in, which is that
 * of the schema.
 */
export function renderDocument(document: OperationDocument): string {
  const ordered = Object.fromEntries(
    KEYS.filter((key) => document[key] !== undefined).map((key) => [key, document[key]]),
  );
  return `${JSON.stringify(ordered, null, 2)}\n`;
}
