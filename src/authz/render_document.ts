import type { OperationDocument } from "./operation_document.ts";

/**
 * The one way a document may be written: its keys in their order, two blanks a level, a newline at
 * the end. The keys of `params` stand in the order that the checked value has them in, which is that
 * of the schema.
 */
export function renderDocument(document: OperationDocument): string {
  const {
    v,
    op,
    host,
    instance,
    guest,
    name,
    identity,
    params,
    nonce,
    not_before,
    expires,
    reason,
  } = document;
  // What is undefined is left out.
  const ordered = {
    ...{ v, op, host, instance, guest, name, identity, params },
    ...{ nonce, not_before, expires, reason },
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}
