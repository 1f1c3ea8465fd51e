import type { ErrorCode, Retry } from "../errors.ts";

/** Why there is no connection, in the product's words. */
export interface ConnectionFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retry: Retry;
}

interface SystemFault {
  readonly code?: string;
  readonly message: string;
}

/** OpenSSL's words for a certificate that does not verify; what they mean and what to do. */
const UNTRUSTED: Readonly<Record<string, readonly [string, string]>> = {
  CERT_HAS_EXPIRED: [
    "its certificate has expired",
    "Renew it on the node (pvecm updatecerts, pvenode cert), or check this machine's clock.",
  ],
  CERT_NOT_YET_VALID: [
    "its certificate is not valid yet",
    "Check the clocks of the node and of this machine.",
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "its certificate is for another host",
    "Use a name or address as endpoint that the certificate lists (pvenode cert info).",
  ],
};
const KEY_NOT_PROVEN = [
  "it shows a certificate without having its key",
  "Somebody stands in between: check the network between agent and node.",
] as const;
const OTHER_CA = [
  "its certificate is not signed by the configured CA",
  "Configure the CA that signed it (on the node: /etc/pve/pve-root-ca.pem), or its fingerprint.",
] as const;

/** Codes of OpenSSL's that mean: what came is not TLS. */
const NOT_TLS = /WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|PACKET_LENGTH|BAD_RECORD_TYPE/;

export interface ConnectionFaultOptions {
  /**
   * Whether any chain was accepted, so that only the handshake's own signature can be wrong.
   *
   * @default false
   */
  readonly anyChain?: boolean;
}

/** Decides what a failed attempt to connect means. Nothing was sent, so none of it is unknown. */
export function connectionFault(
  { code = "", message }: SystemFault,
  { anyChain = false }: ConnectionFaultOptions = {},
): ConnectionFault {
  if (Object.hasOwn(UNTRUSTED, code) || /CERT|VERIFY|ISSUER|SELF_SIGNED/.test(code)) {
    const [what, hint] = anyChain ? KEY_NOT_PROVEN : UNTRUSTED[code] ?? OTHER_CA;
    return { code: "proxmox.untrusted", message: what, hint, retry: "never" };
  }
  if (/PROTOCOL_VERSION/.test(code)) {
    return {
      code: "proxmox.untrusted",
      message: "it speaks no TLS 1.3",
      hint: "Allow it: take DISABLE_TLS_1_3 out of the node's /etc/default/pveproxy.",
      retry: "never",
    };
  }
  if (NOT_TLS.test(code) || NOT_TLS.test(message) || /wrong version|not.*TLS/i.test(message)) {
    return {
      code: "proxmox.not_tls",
      message: "what listens there does not speak TLS",
      hint: "Check host and port of the endpoint; the Proxmox API listens on 8006.",
      retry: "never",
    };
  }
  switch (code) {
    case "ECONNREFUSED":
      return {
        code: "proxmox.refused",
        message: "connection refused",
        hint: "Check that pveproxy runs (systemctl status pveproxy) and that the port is right.",
        retry: "safe",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        code: "proxmox.refused",
        message: "the host name does not resolve",
        hint: "Check the endpoint's host name, or use the address.",
        retry: "safe",
      };
    case "ETIMEDOUT":
      return {
        code: "proxmox.timeout",
        message,
        hint: "Check address, routing and firewall between agent and node.",
        retry: "safe",
      };
    case "NO_TLS":
      return {
        code: "proxmox.timeout",
        message,
        // A web server waits for a request as patiently as a pveproxy that hangs.
        hint: "Check the port: the Proxmox API listens on 8006. If it is right, pveproxy hangs " +
          "(systemctl status pveproxy).",
        retry: "safe",
      };
    case "ECONNRESET":
    case "EPIPE":
      return {
        code: "proxmox.refused",
        message: "the connection was closed during the TLS handshake",
        // FACTS §1.1: that is how pveproxy turns an address away.
        hint: "Check ALLOW_FROM and DENY_FROM in the node's /etc/default/pveproxy.",
        retry: "safe",
      };
    default:
      return {
        code: "proxmox.refused",
        message,
        hint: "Check host and port of the endpoint, and the network to it.",
        retry: "safe",
      };
  }
}
