import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import type { KeyType } from "../../../../src/authz/ssh/mod.ts";
import { type Bytes, bytes, mpint, sshsig, string, uint32 } from "./encode.ts";

/** How a key is to be written, or what its token is to say, otherwise than it would be. */
export interface Oddities {
  /** Zeros more than a number needs, in the key or in the signature. */
  readonly zeros?: number;
  /** Algorithm that the signature names. */
  readonly algorithm?: string;
  /** Digest of RSA. */
  readonly digest?: "sha1" | "sha256" | "sha512";
  /** Flags of a FIDO2 token. */
  readonly flags?: number;
  readonly counter?: number;
  /** Application whose digest the token signs. */
  readonly application?: string;
  /** Origin of a web page whose browser asks the token (PROTOCOL.u2f, "webauthn"). */
  readonly page?: string;
  /** Context of the ML-DSA half of a hybrid signature. */
  readonly context?: Uint8Array;
  /** Stands behind the signature. */
  readonly trailing?: string;
  /** What becomes of the signature proper. */
  readonly change?: (signature: Bytes) => Bytes;
}

/** A key pair that signs as ssh-keygen, or as a FIDO2 token, does. */
export interface TestKey {
  readonly type: KeyType;
  readonly blob: Bytes;
  /** As in a signers file: type and base64. */
  readonly text: string;
  /** Algorithm and signature proper over `data`. */
  sign(data: Uint8Array, oddities?: Oddities): Bytes;
}

export interface SignedOptions {
  readonly namespace?: string;
  readonly hash?: string;
}

/** A signature's bytes over a message, made by a key of ours. */
export function signMessage(
  key: TestKey,
  message: Uint8Array,
  options: SignedOptions & Oddities = {},
): Bytes {
  const { namespace = "felhom-op-v1", hash = "sha512", ...oddities } = options;
  const signature = key.sign(signedData(message, namespace, hash), oddities);
  return sshsig({ key: key.blob, namespace, hash, signature });
}

/** What a signature is made over (PROTOCOL.sshsig). */
export function signedData(message: Uint8Array, namespace: string, hash: string): Bytes {
  const digest = createHash(hash).update(message).digest();
  return bytes("SSHSIG", string(namespace), string(), string(hash), string(digest));
}

/** A fresh key. `application` is for FIDO2 keys. */
export function createTestKey(
  type: KeyType,
  { application = "ssh:", bits = 2048, zeros = 0 }: {
    readonly application?: string;
    readonly bits?: number;
    readonly zeros?: number;
  } = {},
): TestKey {
  switch (type) {
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
      return ed25519(type, application);
    case "ecdsa-sha2-nistp256":
      return ecdsa(type, "P-256", "sha256", application);
    case "sk-ecdsa-sha2-nistp256@openssh.com":
      return ecdsa(type, "P-256", "sha256", application);
    case "ecdsa-sha2-nistp384":
      return ecdsa(type, "P-384", "sha384", application);
    case "ecdsa-sha2-nistp521":
      return ecdsa(type, "P-521", "sha512", application);
    case "ssh-rsa":
      return rsa(bits, zeros);
    case "ssh-mldsa44-ed25519@openssh.com":
      return hybrid();
  }
}

function ed25519(
  type: "ssh-ed25519" | "sk-ssh-ed25519@openssh.com",
  application: string,
): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const isToken = type !== "ssh-ed25519";
  const blob = bytes(
    string(type),
    string(coordinate(publicKey, "x")),
    isToken ? string(application) : "",
  );
  return testKey(type, blob, (data, oddities) => {
    const { change = same, algorithm = type, trailing = "" } = oddities;
    const over = isToken ? byToken(data, application, oddities) : data;
    const signature = change(bytes(sign(null, over, privateKey)));
    return bytes(
      string(algorithm),
      string(signature),
      isToken ? flagsAndCounter(oddities) : "",
      trailing,
    );
  });
}

function ecdsa(
  type: Extract<KeyType, `${string}ecdsa${string}`>,
  namedCurve: string,
  hash: string,
  application: string,
): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
  const isToken = type.startsWith("sk-");
  const x = coordinate(publicKey, "x");
  const blob = bytes(
    string(type),
    string(/nistp\d+/.exec(type)?.[0] ?? ""),
    string(Uint8Array.of(4), x, coordinate(publicKey, "y")),
    isToken ? string(application) : "",
  );
  return testKey(type, blob, (data, oddities) => {
    const { change = same, page, trailing = "", zeros = 0 } = oddities;
    const asked = page === undefined ? data : bytes(clientData(data, page));
    const over = isToken ? byToken(asked, application, oddities) : data;
    const both = sign(hash, over, { key: privateKey, dsaEncoding: "ieee-p1363" });
    const r = mpint(both.subarray(0, x.length), zeros);
    const s = mpint(both.subarray(x.length), zeros);
    return bytes(
      string(oddities.algorithm ?? (page === undefined ? type : `webauthn-${type}`)),
      string(change(bytes(r, s))),
      isToken ? flagsAndCounter(oddities) : "",
      page === undefined ? "" : bytes(string(page), string(asked), string()),
      trailing,
    );
  });
}

/** What a browser has a token sign instead of the data. */
function clientData(data: Uint8Array, origin: string): string {
  const challenge = data.toBase64({ alphabet: "base64url", omitPadding: true });
  return JSON.stringify({ type: "webauthn.get", challenge, origin, crossOrigin: false });
}

function rsa(modulusLength: number, zeros: number): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const e = mpint(coordinate(publicKey, "e"), zeros);
  const blob = bytes(string("ssh-rsa"), e, mpint(coordinate(publicKey, "n"), zeros));
  return testKey("ssh-rsa", blob, (data, oddities) => {
    const { change = same, digest = "sha512", trailing = "" } = oddities;
    const names = { sha1: "ssh-rsa", sha256: "rsa-sha2-256", sha512: "rsa-sha2-512" };
    const signature = change(bytes(sign(digest, data, privateKey)));
    return bytes(string(oddities.algorithm ?? names[digest]), string(signature), trailing);
  });
}

/** As OpenSSH 10.5 makes it: draft-miller-sshm-mldsa44-ed25519-composite-sigs. */
function hybrid(): TestKey {
  const type = "ssh-mldsa44-ed25519@openssh.com";
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const mlDsa = ml_dsa44.keygen();
  const blob = bytes(string(type), string(mlDsa.publicKey, coordinate(publicKey, "x")));
  const label = bytes("COMPSIG-MLDSA44-Ed25519-SHA512");
  return testKey(type, blob, (data, oddities) => {
    const { change = same, algorithm = type, context = label, trailing = "" } = oddities;
    const digest = createHash("sha512").update(data).digest();
    const over = bytes("CompositeAlgorithmSignatures2025", label, Uint8Array.of(0), digest);
    const both = bytes(
      ml_dsa44.sign(over, mlDsa.secretKey, { context }),
      sign(null, over, privateKey),
    );
    return bytes(string(algorithm), string(change(both)), trailing);
  });
}

function testKey(
  type: KeyType,
  blob: Bytes,
  signs: (data: Uint8Array, oddities: Oddities) => Bytes,
): TestKey {
  return {
    type,
    blob,
    text: `${type} ${blob.toBase64()}`,
    sign: (data, oddities = {}) => signs(data, oddities),
  };
}

/** What a token signs: digest of application, flags, counter, digest of the data (PROTOCOL.u2f). */
function byToken(data: Uint8Array, keyApplication: string, oddities: Oddities): Bytes {
  const { application = keyApplication } = oddities;
  const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content).digest();
  return bytes(sha256(application), flagsAndCounter(oddities), sha256(data));
}

function flagsAndCounter({ flags = 1, counter = 7 }: Oddities): Bytes {
  return bytes(Uint8Array.of(flags), uint32(counter));
}

function coordinate(key: KeyObject, name: "x" | "y" | "e" | "n"): Bytes {
  const text = key.export({ format: "jwk" })[name];
  if (typeof text !== "string") throw new TypeError(`Cannot find ${name} in the key`);
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

function same(signature: Bytes): Bytes {
  return signature;
}
