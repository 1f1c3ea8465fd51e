import { FelhomError } from "../errors.ts";

/** Whom to believe that he is the Proxmox server. */
export type Trust =
  /** Exactly this leaf certificate: 32 upper-case hex pairs joined by colons. */
  | { readonly kind: "fingerprint"; readonly sha256: string }
  /** Whom this authority certifies, host name and dates included: one or more PEM certificates. */
  | { readonly kind: "ca"; readonly pem: string }
  /** Anybody; only towards this very machine. */
  | { readonly kind: "insecure" };

/** Where the API answers. */
export interface ServerAddress {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

const FINGERPRINT = /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/**
 * Refuses what cannot or must not be trusted, before anything is connected.
 *
 * @throws {FelhomError} `config.invalid`
 */
export function assertTrust(trust: Trust, { host }: ServerAddress): void {
  switch (trust.kind) {
    case "fingerprint":
      if (FINGERPRINT.test(trust.sha256)) return;
      throw new FelhomError(
        "config.invalid",
        `Cannot pin fingerprint ${JSON.stringify(trust.sha256)}: it is no SHA-256 fingerprint`,
        { hint: "Give 32 hex pairs joined by colons, as pvenode cert info prints them." },
      );
    case "ca":
      if (CERTIFICATE.test(trust.pem)) return;
      throw new FelhomError("config.invalid", "Cannot trust the CA: its text has no certificate", {
        hint: "Give the node's /etc/pve/pve-root-ca.pem, or the CA that signed its certificate.",
      });
    case "insecure":
      if (LOOPBACK.test(host)) return;
      throw new FelhomError(
        "config.invalid",
        `Cannot trust whoever answers at ${JSON.stringify(host)}: it is not this machine`,
        { hint: "Configure the certificate's fingerprint, or the CA file." },
      );
    default:
      return trust satisfies never;
  }
}
