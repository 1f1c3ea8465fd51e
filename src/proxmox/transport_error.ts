import { type ErrorCode, FelhomError, type FelhomErrorOptions } from "../errors.ts";

/** Whether the server can have seen the request. */
export type Sent =
  /** Provably not: the call may be made again, whatever it is. */
  | "no"
  /** Perhaps: a mutation must be looked up before it is repeated. */
  | "maybe";

export interface TransportErrorOptions extends FelhomErrorOptions {
  readonly sent: Sent;
}

/** No usable answer came: no connection, no trust, no HTTP, no end, or too much of it. */
export class TransportError extends FelhomError {
  override readonly name: string = "TransportError";
  readonly sent: Sent;

  constructor(code: ErrorCode, message: string, options: TransportErrorOptions) {
    super(code, message, options);
    this.sent = options.sent;
  }
}

/** Somebody else's certificate, or a renewed one. Nothing was sent. */
export class PinMismatchError extends TransportError {
  override readonly name = "PinMismatchError";
  /** The configured fingerprint. */
  readonly expected: string;
  /** The fingerprint of the certificate that was shown. */
  readonly got: string;

  constructor(
    { expected, got, host, port }: {
      readonly expected: string;
      readonly got: string;
      readonly host: string;
      readonly port: number;
    },
  ) {
    super(
      "proxmox.pin_mismatch",
      `Cannot trust ${host}:${port}: expected certificate ${expected}, got ${got}`,
      {
        sent: "no",
        // FACTS §6: Proxmox renews pve-ssl.pem by itself every two years.
        hint: "If the node renewed its certificate, compare with `pvenode cert info` on the node " +
          "and configure the new fingerprint; if not, somebody stands in between.",
      },
    );
    this.expected = expected;
    this.got = got;
  }
}
