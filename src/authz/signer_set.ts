import type { Role } from "./role.ts";
import { type AllowedSigners, assertDisjointSigners, parseAllowedSigners } from "./ssh/mod.ts";

/** The signers of a role that are in force. */
export interface SignerSet {
  readonly signers: AllowedSigners;
  /** 1 for the first; each set that replaces another has one more. */
  readonly sequence: number;
}

/** The signers in force, of every role. No key is in two of them. */
export type SignerSets = Readonly<Record<Role, SignerSet>>;

/** A role's signers as text, with where it comes from. */
export interface SignerText {
  /** In the format of OpenSSH's allowed_signers; empty when there are none. */
  readonly text: string;
  /** Where the text comes from, for messages. */
  readonly file: string;
  readonly sequence: number;
}

/** What the state holds of a role; `undefined` when it holds nothing yet. */
export interface StoredSigners extends SignerText {
  readonly origin: "file" | "rotation";
}

/**
 * Reads the signers of all roles.
 *
 * @throws {SignersError} with every line that is refused; a key in both roles is one
 */
export function readSignerSets(texts: Readonly<Record<Role, SignerText>>): SignerSets {
  const read = (role: Role): SignerSet => {
    const { text, file, sequence } = texts[role];
    return { signers: parseAllowedSigners(text, { file, role }), sequence };
  };
  const sets = { operational: read("operational"), recovery: read("recovery") };
  assertDisjointSigners(sets.recovery.signers, sets.operational.signers);
  return sets;
}

/**
 * Which signers of a role are in force: those of the file, until a rotation replaced them. From then
 * on the file counts for nothing, until an operator acknowledges a new instance; or else whoever
 * brings back an old file brings back its keys.
 */
export function signersInForce(
  stored: StoredSigners | undefined,
  file: Omit<SignerText, "sequence">,
): SignerText {
  if (stored === undefined) return { ...file, sequence: 1 };
  if (stored.origin === "rotation" || stored.text === file.text) return stored;
  return { ...file, sequence: stored.sequence + 1 };
}
