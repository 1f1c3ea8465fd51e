import { type BarredKeys, refuseBarred, withoutRevoked } from "./removed_keys.ts";
import { type Role, ROLES } from "./role.ts";
import { type AllowedSigners, assertDisjointSigners, parseAllowedSigners } from "./ssh/mod.ts";

/** The signers of a role that are in force. */
export interface SignerSet {
  readonly signers: AllowedSigners;
  /** 1 for the first; each set that replaces another has a higher one. 0 while there is none. */
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

/** A role's signers that are in force. */
export interface InForce extends SignerText {
  /** Whether the file says so, and the state does not yet. */
  readonly fresh: boolean;
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
 * Reads the signers in force. A file that holds a barred key is refused; in a set of the state, a
 * revoked key counts for nothing.
 *
 * @param barred asked for where a file is looked at
 * @throws {FelhomError} `authz.signers_invalid`, `authz.key_barred`
 */
export function readInForce(
  inForce: Readonly<Record<Role, InForce>>,
  { revoked, barred }: {
    readonly revoked: ReadonlySet<string>;
    readonly barred: () => BarredKeys;
  },
): SignerSets {
  const sets = readSignerSets(inForce);
  for (const role of ROLES) if (inForce[role].fresh) refuseBarred(sets[role].signers, barred());
  if (revoked.size === 0) return sets;
  const lasting = ({ signers, sequence }: SignerSet): SignerSet => ({
    signers: withoutRevoked(signers, revoked),
    sequence,
  });
  return { operational: lasting(sets.operational), recovery: lasting(sets.recovery) };
}

/**
 * Which signers of a role are in force: those of the file, until a rotation replaced them. From then
 * on the file counts for nothing until root says otherwise; or else whoever brings back an old file
 * brings back its keys. Nor does it count where the state is older than root's configuration knows:
 * nobody can say then which keys were taken out since.
 *
 * @param floor the lowest sequence that root's configuration accepts
 */
export function signersInForce(
  stored: StoredSigners | undefined,
  file: Omit<SignerText, "sequence">,
  floor: number,
): InForce {
  if (stored === undefined) {
    return floor > 1
      ? { ...file, text: "", sequence: 0, fresh: false }
      : { ...file, sequence: 1, fresh: true };
  }
  const { text, sequence, origin } = stored;
  if (origin === "rotation" || text === file.text || sequence < floor) {
    return { text, sequence, file: stored.file, fresh: false };
  }
  return { ...file, sequence: sequence + 1, fresh: true };
}
