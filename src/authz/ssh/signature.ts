import { decodeArmor } from "./armor.ts";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { sameBytes, WireReader } from "./wire.ts";

/** What a signature is made over, in front of the namespace (PROTOCOL.sshsig). */
export const MAGIC: Uint8Array<ArrayBuffer> = new TextEncoder().encode("SSHSIG");
const VERSION = 1;

/** A signature taken apart; nothing of it is checked against a key yet. */
export interface Signature {
  /** The public key as it is written in the signature. Not parsed: it is only looked up. */
  readonly keyBlob: Uint8Array<ArrayBuffer>;
  readonly namespace: string;
  /** Digest of the message that was signed. */
  readonly hash: "sha256" | "sha512";
  /** Algorithm and signature proper. */
  readonly blob: Uint8Array<ArrayBuffer>;
}

/**
 * Takes an armored signature apart: `SSHSIG`, version, key, namespace, nothing in the reserved
 * field, hash, signature, nothing behind.
 *
 * @throws {Refusal} `signature_size`, `armor`, `wire`, `version`, `text`, `reserved`, `hash`
 */
export function parseSignature(armored: string): Signature {
  const reader = new WireReader(decodeArmor(armored));
  if (!sameBytes(reader.take(MAGIC.length), MAGIC)) {
    throw new Refusal("wire", 'It does not begin with "SSHSIG"');
  }
  const version = reader.uint32();
  if (version !== VERSION) {
    throw new Refusal("version", `It has version ${version}; version ${VERSION} is read`);
  }
  const keyBlob = reader.string();
  const namespace = reader.text();
  if (reader.string().length > 0) throw new Refusal("reserved", "Its reserved field is not empty");
  const hash = reader.text();
  if (hash !== "sha256" && hash !== "sha512") {
    throw new Refusal(
      "hash",
      `It is made over the hash ${quoted(hash)}, not over sha512 or sha256`,
    );
  }
  const blob = reader.string();
  reader.end();
  return { keyBlob, namespace, hash, blob };
}
