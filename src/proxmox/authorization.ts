import type { Secret } from "../config/secret.ts";
import { FelhomError } from "../errors.ts";

/** An API token of Proxmox. */
export interface Token {
  /** `user@realm!name`. Not secret. */
  readonly id: string;
  /** `user@realm!name=secret`. */
  readonly text: Secret;
}

/**
 * The value of the `Authorization` header. Proxmox ends it at a semicolon and decodes it once
 * (FACTS §1.1).
 *
 * @throws {FelhomError} `config.invalid`, which quotes nothing of the token
 */
export function authorization({ id, text }: Token): string {
  const token = text.expose();
  if (!token.startsWith(`${id}=`) || !/^[\x21-\x7e]+$/.test(token)) {
    throw new FelhomError(
      "config.invalid",
      "Cannot use the API token: it is not USER@REALM!NAME=SECRET in printable characters",
      { hint: "Give it as pveum printed it (pveum user token add USER@REALM NAME)." },
    );
  }
  return `PVEAPIToken=${token.replaceAll("%", "%25").replaceAll(";", "%3B")}`;
}

/** The text without the token's secret: who answers may send back what he got. */
export function withoutSecret(text: string, { id, text: token }: Token): string {
  const secret = token.expose().slice(id.length + 1);
  if (secret === "") return text;
  return text.replaceAll(secret, "[redacted]").replaceAll(encodeURIComponent(secret), "[redacted]");
}
