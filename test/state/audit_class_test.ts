import { assertEquals } from "@std/assert";
import { auditClass } from "../../src/state/audit_class.ts";

const on = (kind: string) => ({ action: { kind, guest: 101, params: {} } });
const signedBy = { authorisation: { operation: "01J" } };
const unsigned = { authorisation: null };

const CLASSES: readonly (readonly [kind: string, body: Record<string, unknown>, is: string])[] = [
  ["audit.pruned", {}, "chain"],
  ["signers.changed", {}, "trust"],
  ["trust.reseeded", {}, "trust"],
  ["state.acknowledged", {}, "acknowledged"],
  ["audit.suppressed", {}, "refused"],
  ["audit.repeated", {}, "benign"],
  // What happened to an action that was not let through takes nothing.
  ["gate.pending_signature", on("guest.destroy"), "benign"],
  ["engine.dropped", { ...on("guest.destroy"), ...signedBy }, "benign"],
  ["gate.permitted", { ...on("guest.start"), ...unsigned }, "benign"],
  ["gate.permitted", on("guest.start"), "benign"],
  ["gate.permitted", { ...on("guest.settings"), ...unsigned }, "benign"],
  ["gate.permitted", { ...on("guest.stop"), ...unsigned }, "benign"],
  ["gate.permitted", { ...on("guest.start"), ...signedBy }, "signed"],
  ["gate.permitted", { ...on("guest.destroy"), ...signedBy }, "signed"],
  ["gate.authorised", on("guest.destroy"), "signed"],
  ["gate.authorised", on("guest.create"), "signed"],
  ["gate.permitted", { ...on("guest.destroy"), ...unsigned }, "irreversible"],
  ["gate.permitted", { ...on("guest.delete_snapshot"), ...unsigned }, "irreversible"],
  ["gate.permitted", { ...on("signers.rotate"), ...signedBy }, "trust"],
  ["gate.authorised", on("signers.rotate"), "trust"],
  // What is no action, or none that is known, takes nothing that is known.
  ["gate.permitted", {}, "benign"],
  ["gate.permitted", { action: null }, "benign"],
  ["gate.permitted", { action: "guest.destroy" }, "benign"],
  ["gate.permitted", { action: {} }, "benign"],
  ["gate.permitted", { action: { kind: "guest.erase" } }, "benign"],
  ["gate.permitted", { action: { kind: "toString" } }, "benign"],
];

for (const [kind, body, is] of CLASSES) {
  Deno.test(`A link ${kind} with ${JSON.stringify(body)} is ${is}`, () => {
    assertEquals(auditClass(kind, body), is);
  });
}
