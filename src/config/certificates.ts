import { X509Certificate } from "node:crypto";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

/**
 * Reads the certificates of an authority from PEM text; answers with the reason when one of them
 * cannot serve as such at `now` (epoch milliseconds).
 */
export function parseAuthorities(
  text: string,
  now: number,
): { readonly pem: string } | { readonly reason: string } {
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length === 0) return { reason: "it holds no certificate in PEM form" };
  const pem: string[] = [];
  for (const [block, label = ""] of blocks) {
    if (label.endsWith("PRIVATE KEY")) return { reason: "it holds a private key" };
    if (label !== "CERTIFICATE") return { reason: "it holds something else than certificates" };
    const which = blocks.length === 1 ? "its certificate" : `certificate ${pem.length + 1} in it`;
    const certificate = readCertificate(block);
    if (certificate === undefined) return { reason: `${which} cannot be parsed` };
    if (!certificate.ca) return { reason: `${which} is not an authority's but a server's` };
    if (Date.parse(certificate.validTo) < now) {
      return { reason: `${which} expired on ${day(certificate.validTo)}` };
    }
    if (Date.parse(certificate.validFrom) > now) {
      return { reason: `${which} is valid only from ${day(certificate.validFrom)}` };
    }
    pem.push(block);
  }
  return { pem: pem.join("\n") };
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // Any failure means the same here: these bytes are no certificate.
    return undefined;
  }
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
