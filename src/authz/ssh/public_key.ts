import { createHash } from "node:crypto";
import { type Curve, NISTP256, NISTP384, NISTP521, readEcdsa, verifyEcdsa } from "./ecdsa.ts";
import { readEd25519, verifyEd25519 } from "./ed25519.ts";
import { isKeyType, type KeyType } from "./key_type.ts";
import { readMlDsa44Ed25519, verifyMlDsa44Ed25519 } from "./mldsa44_ed25519.ts";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { readRsa, verifyRsa } from "./rsa.ts";
import { readApplication, signedByToken } from "./security_key.ts";
import { WireReader } from "./wire.ts";

/**
 * Checks a signature of a key.
 *
 * @param data what was signed
 * @param signature the signature as SSH writes it: its algorithm, then what belongs to that
 * @throws {Refusal} when it does not hold, with the reason
 */
type Check = (data: Uint8Array, signature: WireReader) => void;

/** A public key that may sign. */
export interface PublicKey {
  readonly type: KeyType;
  /** The key as SSH writes it, in its one spelling: keys are the same when these bytes are. */
  readonly blob: Uint8Array<ArrayBuffer>;
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
  readonly digest: string;
  readonly check: Check;
}

/**
 * What follows the type's name in a key, and how its signatures are checked. A key has only
 * one spelling that is accepted, so that it cannot count as two.
 */
const READERS = {
  "ssh-ed25519": (reader) => {
    const key = readEd25519(reader);
    return (data, signature) => {
      expectAlgorithm(signature, "ssh-ed25519");
      const bytes = signature.string();
      signature.end();
      verifyEd25519(key, data, bytes);
    };
  },
  "sk-ssh-ed25519@openssh.com": (reader) => {
    const key = readEd25519(reader);
    const application = readApplication(reader);
    return (data, signature) => {
      expectAlgorithm(signature, "sk-ssh-ed25519@openssh.com");
      const bytes = signature.string();
      verifyEd25519(key, signedByToken(signature, application, data), bytes);
    };
  },
  "ecdsa-sha2-nistp256": (reader) => readPlainEcdsa(reader, NISTP256),
  "ecdsa-sha2-nistp384": (reader) => readPlainEcdsa(reader, NISTP384),
  "ecdsa-sha2-nistp521": (reader) => readPlainEcdsa(reader, NISTP521),
  "sk-ecdsa-sha2-nistp256@openssh.com": (reader) => {
    const key = readEcdsa(reader, NISTP256);
    const application = readApplication(reader);
    return (data, signature) => {
      expectAlgorithm(signature, "sk-ecdsa-sha2-nistp256@openssh.com");
      const bytes = signature.string();
      verifyEcdsa(key, signedByToken(signature, application, data), bytes, NISTP256);
    };
  },
  "ssh-rsa": (reader) => {
    const key = readRsa(reader);
    return (data, signature) => {
      const algorithm = expectAlgorithm(signature, "rsa-sha2-512", "rsa-sha2-256");
      const bytes = signature.string();
      signature.end();
      verifyRsa(key, data, bytes, algorithm === "rsa-sha2-512" ? "sha512" : "sha256");
    };
  },
  "ssh-mldsa44-ed25519@openssh.com": (reader) => {
    const key = readMlDsa44Ed25519(reader);
    return (data, signature) => {
      expectAlgorithm(signature, "ssh-mldsa44-ed25519@openssh.com");
      const bytes = signature.string();
      signature.end();
      verifyMlDsa44Ed25519(key, data, bytes);
    };
  },
} as const satisfies Record<KeyType, (reader: WireReader) => Check>;

/**
 * Reads a public key as SSH writes it.
 *
 * @throws {Refusal} `key_type`, `key`, `rsa_size`, `rsa_exponent`, `ed25519_point`, `application`
 */
export function readPublicKey(blob: Uint8Array<ArrayBuffer>): PublicKey {
  try {
    const reader = new WireReader(blob);
    const type = reader.text();
    if (!isKeyType(type)) {
      throw new Refusal("key_type", `A key of type ${quoted(type)} cannot sign`);
    }
    const check = READERS[type](reader);
    reader.end();
    return { type, blob, digest: keyDigest(blob), check };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reason, message } = error;
    if (reason !== "wire" && reason !== "text") throw error;
    throw new Refusal("key", message);
  }
}

function readPlainEcdsa(reader: WireReader, curve: Curve): Check {
  const key = readEcdsa(reader, curve);
  return (data, signature) => {
    expectAlgorithm(signature, `ecdsa-sha2-${curve.name}`);
    const bytes = signature.string();
    signature.end();
    verifyEcdsa(key, data, bytes, curve);
  };
}

/** Reads the algorithm of a signature, which must be one of `algorithms`. */
function expectAlgorithm(signature: WireReader, ...algorithms: readonly string[]): string {
  const found = signature.text();
  if (algorithms.includes(found)) return found;
  throw new Refusal(
    "algorithm",
    `It is made by ${quoted(found)}, not by ${algorithms.join(" or ")}`,
  );
}

function keyDigest(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
