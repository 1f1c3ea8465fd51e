import { connect, type PeerCertificate } from "node:tls";
import type { ConnectOptions } from "./connect_options.ts";

/** How long the second look may take, in milliseconds. */
const LIMIT_MS = 2_000;

/**
 * Looks at the certificate of a server that was refused, to say why: the runtime has one error for
 * an expired certificate and for one of a foreign CA. Nothing is sent, nothing is trusted.
 *
 * @param onSeen called once; with `undefined` when nothing more is to be learnt
 */
export function inspectLeaf(
  { address: { host, port }, clock, deadlines, track }: ConnectOptions,
  onSeen: (reason: string | undefined) => void,
): void {
  const socket = connect({ host, port, ca: [], rejectUnauthorized: false, minVersion: "TLSv1.3" });
  track(socket);
  deadlines.add(giveUp, LIMIT_MS);
  socket.on("error", () => {}); // "close" follows.
  socket.on("close", giveUp);
  socket.on("secureConnect", () => finish(whyRefused(socket.getPeerCertificate(), clock.now())));

  function giveUp(): void {
    finish(undefined);
  }

  function finish(reason: string | undefined): void {
    deadlines.delete(giveUp);
    socket.removeListener("close", giveUp);
    socket.destroy();
    onSeen(reason);
  }
}

/** OpenSSL's code for what is wrong with the dates, or `undefined` when it is not the dates. */
export function whyRefused(
  { valid_from, valid_to }: Pick<PeerCertificate, "valid_from" | "valid_to">,
  now: number,
): "CERT_HAS_EXPIRED" | "CERT_NOT_YET_VALID" | undefined {
  if (Date.parse(valid_to) < now) return "CERT_HAS_EXPIRED";
  return Date.parse(valid_from) > now ? "CERT_NOT_YET_VALID" : undefined;
}
