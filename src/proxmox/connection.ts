import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
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
  // The runtime never lets go of a TLS socket that was made before there was a connection, and then
  // got none: a server that is gone for a night would take the memory of every try.
  const path = connectTcp({ host, port });
  let socket: TLSSocket | undefined;
  let latest: Socket = path;
  track(path);
  listen(path);
  path.once("connect", onPath);
  deadlines.add(onLimit, limitMs);

  function listen(to: Socket): void {
    to.on("error", onError);
    to.on("close", onClose);
    latest = to;
  }

  function unlisten(to: Socket): void {
    to.removeListener("error", onError);
    to.removeListener("close", onClose);
    // An error after the decision is nobody's news, but without a listener it would end the process.
    to.on("error", () => {});
  }

  function onPath(): void {
    unlisten(path);
    socket = connectTls({
      socket: path,
      ca: trust.kind === "ca" ? [trust.pem] : [],
      rejectUnauthorized: trust.kind === "ca",
      minVersion: "TLSv1.3",
      // A server name is a DNS name; an address is compared with the certificate all the same.
      ...(isIP(host) === 0 ? { servername: host } : { host }),
    });
    track(socket, path);
    listen(socket);
    socket.on("secureConnect", onSecure);
  }

  function onLimit(): void {
    const code = socket === undefined ? "ETIMEDOUT" : "NO_TLS";
    const what = socket !== undefined ? "it accepts connections, but no TLS" : "no connection";
    fail(connectionFault({ code, message: `${what} after ${limitMs} ms` }));
  }

  function settle(): void {
    deadlines.delete(onLimit);
    path.removeListener("connect", onPath);
    socket?.removeListener("secureConnect", onSecure);
    unlisten(latest);
  }

  function fail(fault: ConnectionFault): void {
    settle();
    destroy();
    report(fault);
  }

  function destroy(): void {
    socket?.destroy();
    path.destroy();
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
    destroy();
    inspectLeaf(options, (code) => {
      report(code === undefined ? fault : connectionFault({ code, message: error.message }));
    });
  }

  function onClose(): void {
    fail(connectionFault({ code: "ECONNRESET", message: "closed during the TLS handshake" }));
  }

  function onSecure(): void {
    if (socket === undefined) return;
    if (trust.kind === "fingerprint") {
      const got = socket.getPeerCertificate().fingerprint256 ?? "no certificate";
      if (got !== trust.sha256) {
        settle();
        destroy();
        return onConnected(new PinMismatchError({ expected: trust.sha256, got, host, port }));
      }
    } else if (trust.kind === "ca" && !socket.authorized) {
      return fail(connectionFault({ code: "CERT_UNTRUSTED", message: "certificate not verified" }));
    }
    settle();
    socket.setNoDelay(true);
    onConnected(null, socket);
  }
}
