import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  type CertificateKind,
  makeTlsMaterial,
  type TlsMaterial,
} from "../../sim/wire/tls_material.ts";

/** A request as it came over the wire. */
export interface RawRequest {
  /** `GET /api2/json/version HTTP/1.1`. */
  readonly line: string;
  /** The whole head, the request line included. */
  readonly head: string;
  readonly body: string;
  /** Which connection it came on, from 0. */
  readonly connection: number;
}

/** Answers one request. What it writes is all that the client gets. */
export type RawAnswer = (socket: Socket, request: RawRequest) => void;

/** A server that says whatever a test wants it to say. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  readonly tls: TlsMaterial;
  /** TCP connections that were accepted. */
  readonly connections: number;
  /** TLS handshakes that were completed. */
  readonly handshakes: number;
  readonly requests: readonly RawRequest[];
}

export interface RawServerOptions {
  /** @default "ca" */
  readonly certificate?: CertificateKind;
  /** Whether it speaks TLS. @default true */
  readonly tls?: boolean;
  /** @default "TLSv1.3" */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** What happens before a request, as closing the door. @default nothing */
  readonly onConnection?: (socket: Socket) => void;
}

const materials = new Map<CertificateKind, Promise<TlsMaterial>>();

/** Keys and certificates of a kind, made once per test file. */
export function tlsMaterial(kind: CertificateKind): Promise<TlsMaterial> {
  const made = materials.get(kind) ?? makeTlsMaterial({ kind });
  materials.set(kind, made);
  return made;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startServer(
  answer: RawAnswer,
  { certificate = "ca", tls: speaksTls = true, maxVersion = "TLSv1.3", onConnection }:
    RawServerOptions = {},
): Promise<RawServer> {
  const tls = await tlsMaterial(certificate);
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  let connections = 0;
  let handshakes = 0;

  function accept(socket: Socket): void {
    track(socket);
    const connection = handshakes++;
    let received = "";
    socket.on("data", (bytes: Uint8Array) => {
      received += new TextDecoder("latin1").decode(bytes);
      for (;;) {
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = received.slice(0, end);
        const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const body = received.slice(end + 4, end + 4 + length);
        received = received.slice(end + 4 + length);
        const request = { line: head.split("\r\n")[0] ?? "", head, body, connection };
        requests.push(request);
        answer(socket, request);
      }
    });
  }

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // The client may leave whenever it likes.
  }

  const server = speaksTls
    ? createTlsServer({ key: tls.key, cert: tls.certificate, maxVersion }, accept)
    : createTcpServer(accept);
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: Socket) => {
    connections++;
    track(socket);
    onConnection?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.address()),
    tls,
    get connections() {
      return connections;
    },
    get handshakes() {
      return handshakes;
    },
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("Cannot listen");
  return address.port;
}

/** An answer as Proxmox gives it. @param head lines beside status and length */
export function apiAnswer(
  body: unknown,
  { status = "200 OK", head = [] }: {
    readonly status?: string;
    readonly head?: readonly string[];
  } = {},
): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return [
    `HTTP/1.1 ${status}`,
    ...head,
    "Content-Type: application/json;charset=UTF-8",
    `Content-Length: ${new TextEncoder().encode(text).length}`,
    "",
    text,
  ].join("\r\n");
}
