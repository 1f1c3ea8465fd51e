import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";

/** What the Connection headers say: `both` is the mark of an answer that came through pvedaemon. */
export type ConnectionHeader = "close" | "keep-alive" | "both";

/** An answer as it is put on the wire. */
export interface WireAnswer {
  /** As in the request: `HTTP/1.1`. */
  readonly protocol: string;
  readonly status: number;
  /** The whole message; its first line becomes the reason phrase. */
  readonly message: string;
  /** Text of the body; empty for none, and then there is no Content-Length either. */
  readonly body: string;
  readonly contentType: string | undefined;
  readonly connection: ConnectionHeader;
  /** What the client takes, of what the server offers. */
  readonly encoding: "gzip" | "deflate" | undefined;
  /** As in the Date header. */
  readonly date: string;
  /** Only for redirections. @default undefined */
  readonly location?: string;
}

/** Bodies up to here are never compressed (FACTS §1.5, `http-gzip-small`). */
const COMPRESS_ABOVE = 1024;

const CONNECTION = {
  "close": "Connection: close\r\n",
  "keep-alive": "Connection: Keep-Alive\r\n",
  "both": "Connection: close\r\nConnection: Keep-Alive\r\n",
} as const satisfies Record<ConnectionHeader, string>;

/**
 * The bytes of an answer, in one piece: headers in the order of Perl's HTTP::Headers, as in every
 * capture. The reason phrase is written one byte per character (`http-reason-non-ascii-*`); one
 * with a carriage return in it turns the answer into an empty 400 (FACTS §1.3).
 */
export function encodeAnswer(answer: WireAnswer): Buffer {
  const reason = firstLine(answer.message);
  if (reason.includes("\r")) {
    return encodeAnswer({
      ...answer,
      status: 400,
      message: "Bad Request",
      body: "",
      contentType: undefined,
      connection: "close",
    });
  }
  const size = Buffer.byteLength(answer.body);
  if (answer.encoding !== undefined && size > COMPRESS_ABOVE) {
    const bytes = compress(answer.body, answer.encoding);
    return Buffer.concat([
      Buffer.from(head(answer, reason, bytes.length, answer.encoding), "latin1"),
      bytes,
    ]);
  }
  const start = head(answer, reason, size);
  if (size === answer.body.length) return Buffer.from(start + answer.body, "latin1");
  return Buffer.concat([Buffer.from(start, "latin1"), Buffer.from(answer.body)]);
}

function head(answer: WireAnswer, reason: string, size: number, encoding?: string): string {
  return `${answer.protocol} ${answer.status} ${reason}\r\n` +
    "Cache-Control: max-age=0\r\n" +
    CONNECTION[answer.connection] +
    `Date: ${answer.date}\r\nPragma: no-cache\r\n` +
    (answer.location === undefined ? "" : `Location: ${answer.location}\r\n`) +
    "Server: pve-api-daemon/3.0\r\n" +
    (encoding === undefined ? "" : `Content-Encoding: ${encoding}\r\n`) +
    (size === 0 ? "" : `Content-Length: ${size}\r\n`) +
    (answer.contentType === undefined ? "" : `Content-Type: ${answer.contentType}\r\n`) +
    `Expires: ${answer.date}\r\n\r\n`;
}

function firstLine(message: string): string {
  const end = message.indexOf("\n");
  const line = end < 0 ? message : message.slice(0, end);
  // What does not fit a byte per character goes out as UTF-8.
  return /[^\0-\xff]/.test(line) ? Buffer.from(line).toString("latin1") : line;
}

function compress(body: string, encoding: "gzip" | "deflate"): Buffer {
  if (encoding === "deflate") return deflateSync(body);
  const bytes = gzipSync(body);
  bytes[9] = 0xff; // Perl's memGzip leaves the operating system unsaid (`http-gzip`).
  return bytes;
}
