import { entryOf, isActionKind } from "../action/mod.ts";

/** What a link of the audit chain is about: it decides how long it is kept. */
export type AuditClass =
  /** Work that was let through and loses nothing that cannot be had again. */
  | "benign"
  /** What was refused, or waits for a signature. */
  | "refused"
  /** What was refused although somebody had signed it, or said so. */
  | "submission"
  | "signed"
  | "irreversible"
  /** Who is believed. */
  | "trust"
  /** What an operator acknowledged. */
  | "acknowledged"
  /** Of the chain itself: what was pruned. */
  | "chain";

/** Never pruned by their number: only by age, and not before the chain's head was exported. */
export const LASTING_CLASSES = ["signed", "irreversible", "trust", "acknowledged"] as const;

/** Pruned by number and by age, each class by itself, so that none pushes out another. */
export const PASSING_CLASSES = ["benign", "refused", "submission"] as const;

/** Kind of the link that says which links are gone. */
export const PRUNED = "audit.pruned";

/** The class of a link that says what it is by its kind, or by the decision in its body. */
export function auditClass(kind: string, body: Readonly<Record<string, unknown>>): AuditClass {
  if (kind === PRUNED) return "chain";
  if (kind.startsWith("signers.") || kind.startsWith("trust.")) return "trust";
  if (kind.startsWith("state.")) return "acknowledged";
  if (kind === "audit.suppressed") return "refused";
  if (kind !== "gate.permitted" && kind !== "gate.authorised") return "benign";
  const loss = lossOf(body["action"]);
  if (loss === "trust") return "trust";
  if (kind === "gate.authorised" || isThere(body["authorisation"])) return "signed";
  return loss === "data" || loss === "restore_point" ? "irreversible" : "benign";
}

function lossOf(action: unknown): string {
  if (typeof action !== "object" || action === null || !("kind" in action)) return "nothing";
  return isActionKind(action.kind) ? entryOf(action.kind).loses : "nothing";
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}
