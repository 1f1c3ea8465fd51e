import { X509Certificate } from "node:crypto";
import type { CertificateInfo } from "./pve/mod.ts";
import type { KeyType } from "./wire/certificate.ts";

/** What `GET /nodes/{node}/certificates/info` says of a certificate. */
export function certificateInfo(
  filename: string,
  pem: string,
  keyType: KeyType,
): CertificateInfo {
  const certificate = new X509Certificate(pem);
  const names = certificate.subjectAltName ?? "";
  return {
    filename,
    fingerprint: certificate.fingerprint256,
    subject: slashed(certificate.subject),
    issuer: slashed(certificate.issuer),
    notbefore: Math.floor(Date.parse(certificate.validFrom) / 1000),
    notafter: Math.floor(Date.parse(certificate.validTo) / 1000),
    san: names === "" ? [] : names.split(", ").map((name) => name.slice(name.indexOf(":") + 1)),
    pem,
    "public-key-type": keyType === "rsa" ? "rsaEncryption" : "id-ecPublicKey",
    "public-key-bits": keyType === "rsa" ? 2048 : 256,
  };
}

/** A distinguished name as OpenSSL once printed it: `/OU=…/CN=…`. */
function slashed(name: string): string {
  return `/${name.replaceAll("\n", "/")}`;
}
