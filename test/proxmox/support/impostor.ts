import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";

const HANDSHAKE = 22;
const APPLICATION = 23;
const AES_128_GCM_SHA256 = 0x1301;
const ECDSA_P256_SHA256 = 0x0403;
const X25519 = 0x001d;
/** DER of an X25519 public key up to its 32 bytes. */
const X25519_SPKI = Buffer.from("302a300506032b656e032100", "hex");

export interface Impostor {
  readonly port: number;
  /** What came through the encrypted channel: the request, had the client been fooled. */
  readonly received: string[];
  /** How many handshakes were answered. */
  readonly handshakes: number;
  close(): Promise<void>;
}

/**
 * A man in the middle: a TLS 1.3 server that shows somebody else's certificate, which is public,
 * and signs the handshake with a key of its own, because it has not got the owner's. TLS libraries
 * refuse to be set up like this, so it speaks just enough TLS by itself (RFC 8446, section 4).
 */
export async function startImpostor(
  certificate: Uint8Array,
  wrongKey: KeyObject,
): Promise<Impostor> {
  const received: string[] = [];
  let handshakes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    let pending = Buffer.alloc(0);
    let session: Session | undefined;
    socket.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 5 && pending.length >= 5 + pending.readUInt16BE(3)) {
        const end = 5 + pending.readUInt16BE(3);
        const record = pending.subarray(0, end);
        pending = pending.subarray(end);
        if (record[0] === HANDSHAKE && session === undefined) {
          session = answerHello(socket, record.subarray(5), certificate, wrongKey);
          handshakes++;
        } else if (record[0] === APPLICATION && session !== undefined) {
          const text = session.read(record);
          if (text !== undefined) received.push(text);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // The address of a listening TCP server is an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received,
    get handshakes() {
      return handshakes;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Session {
  /** The text of an application record; `undefined` for the client's Finished. */
  read(record: Buffer): string | undefined;
}

function answerHello(
  socket: Socket,
  clientHello: Buffer,
  certificate: Uint8Array,
  wrongKey: KeyObject,
): Session {
  const { sessionId, x25519 } = parseClientHello(clientHello);
  const ephemeral = generateKeyPairSync("x25519");
  const shared = diffieHellman({
    privateKey: ephemeral.privateKey,
    publicKey: createPublicKey({
      key: Buffer.concat([X25519_SPKI, x25519]),
      format: "der",
      type: "spki",
    }),
  });
  const ownShare = ephemeral.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const serverHello = message(
    2,
    u16(0x0303),
    randomBytes(32),
    vector(1, sessionId),
    u16(AES_128_GCM_SHA256),
    Buffer.of(0),
    vector(2, extension(43, u16(0x0304)), extension(51, u16(X25519), vector(2, ownShare))),
  );
  socket.write(record(HANDSHAKE, serverHello));
  socket.write(record(20, Buffer.of(1)));

  const transcript = [clientHello, serverHello];
  const early = hkdfExtract(Buffer.alloc(32), Buffer.alloc(32));
  const handshakeSecret = hkdfExtract(derive(early, "derived", []), shared);
  const server = derive(handshakeSecret, "s hs traffic", transcript);
  const client = derive(handshakeSecret, "c hs traffic", transcript);
  const master = hkdfExtract(derive(handshakeSecret, "derived", []), Buffer.alloc(32));

  const say = (...parts: Buffer[]) => transcript.push(...parts);
  const encryptedExtensions = message(8, vector(2));
  const certificateMessage = message(
    11,
    vector(1),
    vector(3, vector(3, Buffer.from(certificate)), vector(2)),
  );
  say(encryptedExtensions, certificateMessage);
  const toSign = Buffer.concat([
    Buffer.alloc(64, 0x20),
    Buffer.from("TLS 1.3, server CertificateVerify\0"),
    sha256(transcript),
  ]);
  const certificateVerify = message(
    15,
    u16(ECDSA_P256_SHA256),
    vector(2, sign("sha256", toSign, wrongKey)),
  );
  say(certificateVerify);
  const finished = message(
    20,
    hmac(expand(server, "finished", Buffer.alloc(0), 32), sha256(transcript)),
  );
  say(finished);
  const flight = Buffer.concat([
    encryptedExtensions,
    certificateMessage,
    certificateVerify,
    finished,
  ]);
  socket.write(seal(trafficKeys(server), 0, HANDSHAKE, flight));

  const readFinished = trafficKeys(client);
  const readRequests = trafficKeys(derive(master, "c ap traffic", transcript));
  let handshakeDone = false;
  let sequence = 0;
  return {
    read(encrypted) {
      const inner = open(handshakeDone ? readRequests : readFinished, sequence, encrypted);
      if (inner === undefined) return undefined;
      if (!handshakeDone) {
        handshakeDone = true;
        sequence = 0;
        return undefined;
      }
      sequence++;
      return inner.subarray(0, -1).toString("latin1");
    },
  };
}

function parseClientHello(hello: Buffer): { sessionId: Buffer; x25519: Buffer } {
  let at = 4 + 2 + 32;
  const take = (lengthBytes: number) => {
    const length = hello.readUIntBE(at, lengthBytes);
    const start = at + lengthBytes;
    at = start + length;
    return hello.subarray(start, at);
  };
  const sessionId = take(1);
  take(2);
  take(1);
  at += 2;
  while (at < hello.length) {
    const type = hello.readUInt16BE(at);
    at += 2;
    const body = take(2);
    if (type !== 51) continue;
    for (let share = 2; share < body.length;) {
      const length = body.readUInt16BE(share + 2);
      const key = body.subarray(share + 4, share + 4 + length);
      if (body.readUInt16BE(share) === X25519) return { sessionId, x25519: key };
      share += 4 + length;
    }
  }
  throw new Error("Cannot find an X25519 share in the ClientHello");
}

interface TrafficKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
}

function trafficKeys(secret: Buffer): TrafficKeys {
  return {
    key: expand(secret, "key", Buffer.alloc(0), 16),
    iv: expand(secret, "iv", Buffer.alloc(0), 12),
  };
}

function nonce(iv: Buffer, sequence: number): Buffer {
  const bytes = Buffer.from(iv);
  bytes.writeUInt32BE((bytes.readUInt32BE(8) ^ sequence) >>> 0, 8);
  return bytes;
}

function seal(keys: TrafficKeys, sequence: number, type: number, content: Buffer): Buffer {
  const head = Buffer.concat([Buffer.of(APPLICATION), u16(0x0303), u16(content.length + 17)]);
  const cipher = createCipheriv("aes-128-gcm", keys.key, nonce(keys.iv, sequence)).setAAD(head);
  const body = Buffer.concat([
    cipher.update(content),
    cipher.update(Buffer.of(type)),
    cipher.final(),
  ]);
  return Buffer.concat([head, body, cipher.getAuthTag()]);
}

function open(keys: TrafficKeys, sequence: number, encrypted: Buffer): Buffer | undefined {
  const decipher = createDecipheriv("aes-128-gcm", keys.key, nonce(keys.iv, sequence));
  decipher.setAAD(encrypted.subarray(0, 5));
  decipher.setAuthTag(encrypted.subarray(-16));
  try {
    return Buffer.concat([decipher.update(encrypted.subarray(5, -16)), decipher.final()]);
  } catch {
    return undefined; // An alert under other keys: the client has seen through it.
  }
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function vector(lengthBytes: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

function extension(type: number, ...parts: Buffer[]): Buffer {
  return Buffer.concat([u16(type), vector(2, ...parts)]);
}

function message(type: number, ...parts: Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, ...parts)]);
}

function record(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), u16(0x0303), vector(2, content)]);
}

function sha256(parts: readonly Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function hkdfExtract(salt: Buffer, secret: Buffer): Buffer {
  return hmac(salt, secret);
}

function expand(secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const info = Buffer.concat([
    u16(length),
    vector(1, Buffer.from(`tls13 ${label}`)),
    vector(1, context),
    Buffer.of(1),
  ]);
  return hmac(secret, info).subarray(0, length);
}

function derive(secret: Buffer, label: string, transcript: readonly Buffer[]): Buffer {
  return expand(secret, label, sha256(transcript), 32);
}
