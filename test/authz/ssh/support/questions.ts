import { createHash } from "node:crypto";
import type { RefusalReason } from "../../../../src/authz/ssh/mod.ts";
import { armor, type Bytes, bytes, mpint, sshsig, string } from "./encode.ts";
import type { Question } from "./ssh_keygen.ts";
import { createTestKey, signedData, signMessage, type TestKey } from "./test_key.ts";

export const MESSAGE = new TextEncoder().encode("destroy 101\n");
export const AT = Date.UTC(2026, 10, 20, 12) / 1000;
export const NAMESPACE = "felhom-op-v1";
export const OPTIONS = `namespaces="${NAMESPACE}"`;

export const ed25519 = createTestKey("ssh-ed25519");
export const ecdsa = createTestKey("ecdsa-sha2-nistp256");
export const rsa = createTestKey("ssh-rsa");
export const token = createTestKey("sk-ssh-ed25519@openssh.com");
export const ecdsaToken = createTestKey("sk-ecdsa-sha2-nistp256@openssh.com");
export const stranger = createTestKey("ssh-ed25519");

export const GOOD = armor(signMessage(ed25519, MESSAGE));
/** The lines of base64. */
export const LINES = GOOD.split("\n").slice(1, -2);

export type Case = readonly [RefusalReason, string, Question];

export function line(
  { text }: { readonly text: string },
  options = OPTIONS,
  principals = "a@b",
): string {
  return [principals, options, text].filter((part) => part !== "").join(" ") + "\n";
}

export function ask(changes: Partial<Question> = {}): Question {
  return {
    message: MESSAGE,
    armored: GOOD,
    signers: line(ed25519),
    namespace: NAMESPACE,
    principal: "a@b",
    at: AT,
    ...changes,
  };
}

/** A signature by `ed25519` with other parts than it should have. */
export function parts(changes: Partial<Parameters<typeof sshsig>[0]>): Question {
  const hash = changes.hash === "sha384" || changes.hash === "sha1" ? changes.hash : "sha512";
  const signature = ed25519.sign(signedData(MESSAGE, NAMESPACE, hash));
  const usual = { key: ed25519.blob, namespace: NAMESPACE, hash, signature };
  return ask({ armored: armor(sshsig({ ...usual, ...changes })) });
}

export function by(key: TestKey, oddities: Parameters<typeof signMessage>[2] = {}): Question {
  return ask({ signers: line(key), armored: armor(signMessage(key, MESSAGE, oddities)) });
}

export function options(text: string): Question {
  return ask({ signers: line(ed25519, text) });
}

export function signers(text: string, principal = "a@b"): Question {
  return ask({ signers: text, principal });
}

/** A key and a signature of which nothing is secret. */
export function forged(type: string, key: Bytes, algorithm: string, signature: Bytes): Question {
  const blob = bytes(string(type), key);
  const parts = { key: blob, namespace: NAMESPACE, hash: "sha512" };
  return ask({
    signers: line({ text: `${type} ${blob.toBase64()}` }),
    armored: armor(sshsig({ ...parts, signature: bytes(string(algorithm), string(signature)) })),
  });
}

/** For a point of order 1 as key, R = that point and S = 0 fit every message. */
export function forgedEd25519(neutral: Uint8Array): Question {
  const signature = bytes(Uint8Array.of(1), new Uint8Array(63));
  return forged("ssh-ed25519", string(neutral), "ssh-ed25519", signature);
}

/** With the exponent 1 the signature is what it would be decrypted to (RFC 8017, 9.2). */
export function forgedRsa(exponent: number, bits: number): Question {
  const modulus = new Uint8Array(bits / 8).fill(0xff);
  const info = Uint8Array.fromHex("3051300d060960864801650304020305000440");
  const data = signedData(MESSAGE, NAMESPACE, "sha512");
  const digest = createHash("sha512").update(data).digest();
  const padding = new Uint8Array(modulus.length - 3 - info.length - digest.length).fill(0xff);
  const signature = bytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info, digest);
  const key = bytes(mpint(Uint8Array.of(exponent)), mpint(modulus));
  return forged("ssh-rsa", key, "rsa-sha2-512", signature);
}

/** A signature of RSA that begins with a zero, without it. */
export function shortRsa(): Question {
  for (let count = 0;; count++) {
    const message = new TextEncoder().encode(`destroy ${count}\n`);
    let short = false;
    const blob = signMessage(rsa, message, {
      change(signature) {
        short = signature[0] === 0;
        return short ? signature.slice(1) : signature;
      },
    });
    if (short) return ask({ message, signers: line(rsa), armored: armor(blob) });
  }
}

/** S of an ed25519 signature plus the order of the base point: the same number modulo that. */
export function addOrder(signature: Bytes): Bytes {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const number = BigInt(`0x${signature.slice(32).reverse().toHex()}`) + order;
  const s = Uint8Array.fromHex(number.toString(16).padStart(64, "0")).reverse();
  return bytes(signature.subarray(0, 32), s);
}
