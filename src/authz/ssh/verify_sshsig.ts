import { createHash } from "node:crypto";
import type { AllowedSigners, Signer } from "./allowed_signers.ts";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { MAGIC, parseSignature, type Signature } from "./signature.ts";
import { SignatureError } from "./signature_error.ts";
import { formatSignerTime } from "./signer_time.ts";
import { concatenate, WireReader, wireString } from "./wire.ts";

const TEXT = new TextEncoder();
const RESERVED = new Uint8Array();
const DIGEST_BYTES = { sha256: 32, sha512: 64 } as const satisfies Record<
  Signature["hash"],
  number
>;

export interface VerifySshsigOptions {
  /** What the signature must have been made for, as `felhom-op-v1`. */
  readonly namespace: string;
  /** Who may sign. */
  readonly signers: AllowedSigners;
  /** When it must hold, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Checks an armored signature over `message` as `ssh-keygen -Y verify` does, and in some
 * cases more strictly (see {@linkcode REFUSALS}). In this order: size, form, namespace, signer,
 * the signer's namespaces and time, and only then cryptography, with the key as it was read from
 * the signers and never with the one in the signature.
 *
 * @returns whose signature it is
 * @throws {SignatureError} with the reason
 *
 * @example
 * ```ts ignore
 * const signers = parseAllowedSigners(text, { file: "signers/operational", role: "operational" });
 * const { keyDigest } = verifySshsig(bytes, armored, { namespace: "felhom-op-v1", signers, at });
 * ```
 */
export function verifySshsig(
  message: Uint8Array,
  armored: string,
  { namespace, signers, at }: VerifySshsigOptions,
): Signer {
  try {
    const signature = parseSignature(armored);
    if (signature.namespace !== namespace) {
      throw new Refusal(
        "namespace",
        `It is made for the namespace ${quoted(signature.namespace)}, not for ${quoted(namespace)}`,
      );
    }
    const signer = signers.find(signature.keyBlob);
    if (signer === undefined) {
      throw new Refusal("signer_unknown", `Its key is none of ${signers.file}`);
    }
    assertMaySign(signer, { namespace, signers, at });
    signer.key.check(signedBytes(message, signature), new WireReader(signature.blob));
    return signer;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new SignatureError(error.reason, error.message);
  }
}

/** Holds the options of a signer's line against namespace and time; both ends are within. */
function assertMaySign(signer: Signer, { namespace, signers, at }: VerifySshsigOptions): void {
  const where = `${signers.file}:${signer.line}`;
  if (!signer.namespaces.includes(namespace)) {
    throw new Refusal(
      "signer_namespace",
      `${where} does not allow its key the namespace ${quoted(namespace)}`,
    );
  }
  // OpenSSH compares whole seconds.
  const seconds = Math.floor(at / 1000);
  const { validAfter, validBefore } = signer;
  // Said so that a time that is no number is outside of every window.
  if (validAfter !== undefined && !(seconds >= validAfter)) {
    throw new Refusal(
      "signer_not_yet_valid",
      `${where} allows its key from ${formatSignerTime(validAfter)} on`,
    );
  }
  if (validBefore !== undefined && !(seconds <= validBefore)) {
    throw new Refusal(
      "signer_expired",
      `${where} allowed its key until ${formatSignerTime(validBefore)}`,
    );
  }
}

/** What the key has signed (PROTOCOL.sshsig): the message only as its hash. */
function signedBytes(message: Uint8Array, { namespace, hash }: Signature): Uint8Array<ArrayBuffer> {
  const digest = createHash(hash).update(message).digest();
  return concatenate(frameOf(namespace, hash), digest);
}

/** The frame that was made last: nearly always that of the next one too. */
let latest = { namespace: "", hash: "", frame: new Uint8Array() };

/** What stands before the digest of a message: all but the digest is the same for all messages. */
function frameOf(namespace: string, hash: Signature["hash"]): Uint8Array<ArrayBuffer> {
  if (latest.namespace === namespace && latest.hash === hash) return latest.frame;
  const frame = concatenate(
    MAGIC,
    wireString(TEXT.encode(namespace)),
    wireString(RESERVED),
    wireString(TEXT.encode(hash)),
    // The digest is a string too, and its length goes with the hash.
    Uint8Array.of(0, 0, 0, DIGEST_BYTES[hash]),
  );
  latest = { namespace, hash, frame };
  return frame;
}
