import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  boolean,
  concat,
  der,
  integer,
  nullValue,
  objectId,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What keys are made of: `rsa` (2048 bits) as Proxmox makes them, `ec` (P-256) to start faster. */
export type KeyType = "rsa" | "ec";

export function makeKeyPair(type: KeyType): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) =>
      error ? reject(error) : resolve({ publicKey, privateKey });
    if (type === "rsa") generateKeyPair("rsa", { modulusLength: 2048 }, done);
    else generateKeyPair("ec", { namedCurve: "P-256" }, done);
  });
}

/** A distinguished name, in the order of its parts: `[["CN", "pve"]]`. */
export type DistinguishedName = readonly (readonly ["CN" | "OU" | "O", string])[];

export interface CertificateRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly issuer: DistinguishedName;
  /** The key of whoever signs; the subject's own for a self-signed certificate. */
  readonly issuerKey: KeyPair;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  /** Epoch milliseconds, before 2050. */
  readonly notAfter: number;
  readonly ca: boolean;
  /** Host names and IP addresses the certificate is for. */
  readonly names?: readonly string[];
}

const ATTRIBUTE = { CN: "2.5.4.3", OU: "2.5.4.11", O: "2.5.4.10" } as const;

/** Makes an X.509 v3 certificate and returns it as DER. */
export function makeCertificate(request: CertificateRequest): Uint8Array {
  const algorithm = signatureAlgorithm(request.issuerKey.privateKey);
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(concat(Uint8Array.of(0x40), randomBytes(8))),
    algorithm,
    name(request.issuer),
    sequence(utcTime(request.notBefore), utcTime(request.notAfter)),
    name(request.subject),
    request.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions(request))),
  );
  const signature = sign("sha256", body, request.issuerKey.privateKey);
  return sequence(body, algorithm, bitString(signature));
}

/** The text form of a certificate, as `openssl` and `ca_file` take it. */
export function certificatePem(certificate: Uint8Array): string {
  const lines = Buffer.from(certificate).toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** SHA-256 of the whole certificate, as Proxmox shows it: `AB:CD:…`. */
export function certificateFingerprint(certificate: Uint8Array): string {
  const hex = createHash("sha256").update(certificate).digest("hex").toUpperCase();
  return (hex.match(/../g) ?? []).join(":");
}

function signatureAlgorithm(key: KeyObject): Uint8Array {
  return key.asymmetricKeyType === "rsa"
    ? sequence(objectId("1.2.840.113549.1.1.11"), nullValue)
    : sequence(objectId("1.2.840.10045.4.3.2"));
}

function name(parts: DistinguishedName): Uint8Array {
  return sequence(
    ...parts.map(([key, value]) => set(sequence(objectId(ATTRIBUTE[key]), utf8String(value)))),
  );
}

function extensions(request: CertificateRequest): Uint8Array[] {
  const list = [
    extension("2.5.29.14", octetString(keyId(request.publicKey))),
    extension("2.5.29.35", sequence(der(0x80, keyId(request.issuerKey.publicKey)))),
  ];
  if (request.ca) {
    list.push(extension("2.5.29.19", sequence(boolean(true)), { critical: true }));
    // keyCertSign and cRLSign.
    list.push(extension("2.5.29.15", bitString(Uint8Array.of(0x06), 1), { critical: true }));
  } else {
    list.push(extension("2.5.29.19", sequence()));
    list.push(extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))));
  }
  if (request.names !== undefined) {
    list.push(extension("2.5.29.17", sequence(...request.names.map(alternativeName))));
  }
  return list;
}

function extension(
  id: string,
  value: Uint8Array,
  options: { readonly critical?: boolean } = {},
): Uint8Array {
  const critical = options.critical ? [boolean(true)] : [];
  return sequence(objectId(id), ...critical, octetString(value));
}

function keyId(key: KeyObject): Uint8Array {
  return createHash("sha1").update(key.export({ type: "spki", format: "der" })).digest();
}

function alternativeName(host: string): Uint8Array {
  if (/^\d+(\.\d+){3}$/.test(host)) return der(0x87, Uint8Array.from(host.split("."), Number));
  if (host === "::1") return der(0x87, new Uint8Array(16).with(15, 1));
  return der(0x82, new TextEncoder().encode(host));
}
