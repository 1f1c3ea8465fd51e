import { Secret } from "./secret.ts";

/** An API token of Proxmox. */
export interface ApiToken {
  /** `user@realm!name`: what Proxmox shows in tasks and permissions. Not secret. */
  readonly id: string;
  /** The whole of it, `user@realm!name=secret`, as the `Authorization` header carries it. */
  readonly text: Secret;
}

const TOKEN = /^([^\s:/@!=;%]{1,60}@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]*)=(.+)$/;

/**
 * Reads a token; answers with the reason, which quotes nothing of it, when the text is none.
 * Proxmox splits at the last `=`, ends it at `;` and decodes `%` (FACTS §1.1), so the secret may
 * have none of them.
 */
export function parseToken(text: string): ApiToken | { readonly reason: string } {
  if (text === "") return { reason: "it is empty" };
  if (/[\r\n]/.test(text)) return { reason: "it has more than one line" };
  if (text.startsWith("PVEAPIToken")) return { reason: 'it starts with "PVEAPIToken"' };
  const [, id, secret] = TOKEN.exec(text) ?? [];
  if (id === undefined || secret === undefined) {
    return { reason: text.includes("=") ? "its id is no user@realm!name" : 'it has no "="' };
  }
  if (!/^[A-Za-z0-9-]{8,128}$/.test(secret)) {
    return { reason: "its secret is not the UUID that Proxmox makes" };
  }
  return { id, text: new Secret(text) };
}
