/**
 * Reads a SHA-256 fingerprint of a certificate, with or without colons, in either case, and
 * writes it as Proxmox does: 32 upper-case pairs joined by colons (FACTS §6).
 */
export function parseFingerprint(text: string): { readonly sha256: string } | {
  readonly reason: string;
} {
  const digits = text.replace(/^sha-?256[:= ]/i, "").replaceAll(":", "");
  if (!/^[0-9a-fA-F]*$/.test(digits)) return { reason: "it has other characters than hex digits" };
  if (digits.length === 40) return { reason: "it is a SHA-1 fingerprint" };
  if (digits.length !== 64) return { reason: `it has ${digits.length} hex digits` };
  return { sha256: (digits.toUpperCase().match(/../g) ?? []).join(":") };
}
