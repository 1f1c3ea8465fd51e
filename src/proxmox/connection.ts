import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { ConnectOptions } from "./connect_options.ts";
import { type ConnectionFault, connectionFault } from "./connection_fault.ts";
import { inspectLeaf } from "./inspect_leaf.ts";
import { PinMismatchError, TransportError } from "./transport_error.ts";

/** Called once, with a connection that is trusted, or with why there is none. */
export type OnConnected = (error: TransportError | null, socket?: TLSSocket) => void;

/**
 * Opens a TLS connection and hands it on when the server is the one to trust. Until then not a
 * byte of a request is written, so every failure here is "not sent".
 *
 * With a fingerprint the runtime is told to accept any chain, and the leaf is compared here. That
 * is safe because the runtime checks the handshake's signature all the same: a server that shows
 * the pinned certificate without having its key is refused (held by a test, for TLS 1.3; so there is
 * no going back to an older one). No TLS session is resumed: each connection proves this anew.
 *
 * Needs `--allow-net` for the address, and nothing else: with `ca` given, no certificate store of
 * the system is read.
 */
export function openConnection(options: ConnectOptions, onConnected: OnConnected): void {
  const { address: { host, port }, trust, limitMs, deadlines, track } = options;
  const socket = connect({
    host,
    port,
    ca: trust.kind === "ca" ? [trust.pem] : [],
    rejectUnauthorized: trust.kind === "ca",
    minVersion: "TLSv1.3",
    // A server name is a DNS name; an address is compared with the certificate all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  let connected = false;
  socket.once("connect", () => connected = true);
  track(socket);
  deadlines.add(onLimit, limitMs);

  function onLimit(): void {
    const code = connected ? "NO_TLS" : "ETIMEDOUT";
    const what = connected ? "it accepts connections, but no TLS" : "no connection";
    fail(connectionFault({ code, message: `${what} after ${limitMs} ms` }));
  }

  function settle(): void {
    deadlines.delete(onLimit);
    socket.removeListener("error", onError);
    socket.removeListener("close", onClose);
    socket.removeListener("secureConnect", onSecure);
    // An error after the decision is nobody's news, but without a listener it would end the process.
    socket.on("error", () => {});
  }

  function fail(fault: ConnectionFault): void {
    settle();
    socket.destroy();
    report(fault);
  }

  function report(fault: ConnectionFault): void {
    onConnected(
      new TransportError(fault.code, `Cannot connect to ${host}:${port}: ${fault.message}`, {
        sent: "no",
        hint: fault.hint,
        retry: fault.retry,
      }),
    );
  }

  function onError(error: Error & { readonly code?: string }): void {
    const fault = connectionFault(error, { anyChain: trust.kind !== "ca" });
    if (fault.code !== "proxmox.untrusted" || trust.kind !== "ca") return fail(fault);
    settle();
    socket.destroy();
    inspectLeaf(options, (code) => {
      report(code === undefined ? fault : connectionFault({ code, message: error.message }));
    });
  }

  function onClose(): void {
    fail(connectionFault({ code: "ECONNRESET", message: "closed during the TLS handshake" }));
  }

  function onSecure(): void {
    if (trust.kind === "fingerprint") {
      const got = socket.getPeerCertificate().fingerprint256 ?? "no certificate";
      if (got !== trust.sha256) {
        settle();
        socket.destroy();
        return onConnected(new PinMismatchError({ expected: trust.sha256, got, host, port }));
      }
    } else if (trust.kind === "ca" && !socket.authorized) {
      return fail(connectionFault({ code: "CERT_UNTRUSTED", message: "certificate not verified" }));
    }
    settle();
    socket.setNoDelay(true);
    onConnected(null, socket);
  }

  socket.on("error", onError);
  socket.on("close", onClose);
  socket.on("secureConnect", onSecure);
}
