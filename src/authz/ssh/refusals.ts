import type { ErrorCode } from "../../errors.ts";

interface RefusalEntry {
  readonly code: Extract<ErrorCode, `authz.${string}`>;
  /**
   * What OpenSSH 9.2 takes all the same, and why the agent does not. Where it is absent, OpenSSH
   * refuses as well.
   */
  readonly stricter?: string;
}

/**
 * Every reason for which a signature or a line of signers is refused. The list is closed: whatever
 * the agent accepts `ssh-keygen -Y verify` accepts, and what only the agent refuses, it refuses for
 * one of the reasons that say `stricter`. A file with one refused line is refused as a whole, where
 * OpenSSH passes over lines it cannot read.
 */
export const REFUSALS = {
  // The signature as a file.
  signature_size: {
    code: "authz.signature_too_large",
    stricter: "Reads megabytes. No signature of an accepted key comes near the limit.",
  },
  armor: {
    code: "authz.signature_malformed",
    stricter:
      "Takes anything after the last line. A second document could stand there, which nobody " +
      "has looked at.",
  },
  // The signature as bytes.
  wire: { code: "authz.signature_malformed" },
  version: {
    code: "authz.signature_unsupported",
    stricter: "Takes version 0, which nobody has specified and nothing writes.",
  },
  text: {
    code: "authz.signature_malformed",
    stricter: "Drops a NUL at the end of a name. Nothing writes one, and the name that is shown " +
      "would not be the one that stands there.",
  },
  reserved: {
    code: "authz.signature_malformed",
    stricter: "Ignores the reserved field. What a later version says there is not known here.",
  },
  hash: { code: "authz.signature_unsupported" },
  namespace: { code: "authz.signature_namespace" },
  algorithm: {
    code: "authz.signature_unsupported",
    stricter: "Takes webauthn-sk-ecdsa-sha2-nistp256@openssh.com, made in a browser for a page's " +
      "origin. An operation is signed by ssh-keygen.",
  },
  ed25519_s: {
    code: "authz.signature_malformed",
    stricter: "Takes an S that is not reduced, which no signer makes and RFC 8032 (5.1.7) has a " +
      "verifier refuse.",
  },
  presence: {
    code: "authz.presence_missing",
    stricter: "Leaves it to others whether somebody touched the FIDO2 token. Destruction needs a " +
      "person.",
  },
  crypto: { code: "authz.signature_invalid" },
  // The signer.
  signer_unknown: { code: "authz.signer_unknown" },
  signer_namespace: { code: "authz.signer_namespace" },
  signer_not_yet_valid: { code: "authz.signer_not_yet_valid" },
  signer_expired: { code: "authz.signer_expired" },

  // A line of signers.
  signers_size: {
    code: "authz.signers_invalid",
    stricter: "Reads files and lines of any length.",
  },
  characters: {
    code: "authz.signers_invalid",
    stricter: "Reads any bytes. What a terminal hides or reorders would hide who may sign.",
  },
  line: { code: "authz.signers_invalid" },
  principal: {
    code: "authz.signers_invalid",
    stricter: "Takes any text as a principal, quoted or given twice. A principal is counted and " +
      "shown, so it is plain.",
  },
  principal_pattern: {
    code: "authz.signers_invalid",
    stricter: "Takes patterns. Thresholds count principals, and a pattern is nobody's name.",
  },
  option: { code: "authz.signers_invalid" },
  option_empty: {
    code: "authz.signers_invalid",
    stricter: "Passes over commas with no option between them. A word may have been lost there.",
  },
  cert_authority: {
    code: "authz.signers_invalid",
    stricter: "Takes keys that vouch for keys. Here each key that may sign is written down.",
  },
  namespaces_missing: {
    code: "authz.signers_invalid",
    stricter: "Takes a key without namespaces for every one, git's included.",
  },
  namespace_name: {
    code: "authz.signers_invalid",
    stricter: "Takes patterns, blanks and empty names. A pattern takes in what was never thought " +
      "of; the others are slips.",
  },
  time: {
    code: "authz.signers_invalid",
    stricter: "Carries days that do not exist over to the next month, and takes a leap second, " +
      "a small z and UTC for Z.",
  },
  time_zone: {
    code: "authz.signers_invalid",
    stricter: "Reads a time without Z in the zone of whoever reads it.",
  },
  time_window: { code: "authz.signers_invalid" },
  key_type: {
    code: "authz.signers_invalid",
    stricter: "Takes DSA and certificates as well.",
  },
  key: {
    code: "authz.signers_invalid",
    stricter: "Drops leading zeros and a NUL at the end of a name within a key: two spellings of " +
      "one key, which would count twice.",
  },
  rsa_size: {
    code: "authz.signers_invalid",
    stricter: "Takes RSA from 1024 to 16384 bits. Below 2048 is weak; above 4096 the runtime " +
      "cannot verify.",
  },
  rsa_exponent: {
    code: "authz.signers_invalid",
    stricter: "Takes the exponent 1, with which everybody can sign, and more than 32 bits of it.",
  },
  ed25519_point: {
    code: "authz.signers_invalid",
    stricter: "Takes points of small order, whose signatures anybody can make, and points that " +
      "are not in their one spelling.",
  },
  application: {
    code: "authz.signers_invalid",
    stricter: 'Takes FIDO2 keys of every application. ssh-keygen makes them for "ssh:…" only.',
  },
  key_twice: {
    code: "authz.signers_invalid",
    stricter: "Takes the first line that fits. Which signer it was would depend on the order.",
  },
} as const satisfies Record<string, RefusalEntry>;

/** Why a signature or a line of signers is refused. */
export type RefusalReason = keyof typeof REFUSALS;

/**
 * What OpenSSH takes that the agent refuses for this reason; `undefined` when OpenSSH refuses too.
 */
export function stricterThanOpenSsh(reason: RefusalReason): string | undefined {
  const entry: RefusalEntry = REFUSALS[reason];
  return entry.stricter;
}

/** A refusal before it is known which file or signature it belongs to. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
