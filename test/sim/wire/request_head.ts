/** The head of a request, as pveproxy reads it. Text is one character per byte (latin1). */
export interface RequestHead {
  readonly method: string;
  /** As it came: path and query, or an absolute URI. */
  readonly target: string;
  /** `HTTP/1.1`, as it is repeated in the answer. */
  readonly protocol: string;
  readonly minor: number;
  /** Lower-case names; a repeated header is joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
}

export type HeadResult =
  | { readonly kind: "incomplete" }
  /** Pveproxy's parser dies: nothing is answered, the connection waits for its idle limit. */
  | { readonly kind: "silence" }
  | {
    readonly kind: "refused";
    readonly status: number;
    readonly message: string;
    readonly protocol: string;
  }
  | { readonly kind: "head"; readonly head: RequestHead; readonly length: number };

/** Header lines, the empty one included, that are one too many (FACTS §1.4). */
const MAX_LINES = 64;
/** Bytes of header lines without their ends that are one too many (FACTS §1.4). */
const MAX_BYTES = 8 * 1024;

const INCOMPLETE: HeadResult = { kind: "incomplete" };
const SILENCE: HeadResult = { kind: "silence" };

/**
 * Reads a request's head from the start of what has come so far. A line that is wrong is answered
 * at once, without waiting for the rest, as pveproxy does (`http-garbage`).
 */
export function parseRequestHead(text: string): HeadResult {
  let at = 0;
  let line = "";
  const next = (): boolean => {
    const end = text.indexOf("\n", at);
    if (end < 0) return false;
    line = text.slice(at, text[end - 1] === "\r" && end > at ? end - 1 : end);
    at = end + 1;
    return true;
  };

  do {
    if (!next()) return INCOMPLETE;
  } while (line === ""); // Empty lines before a request are ignored.

  const request = /(\S+) (\S+) HTTP\/(\d+)\.(\d+)/.exec(line);
  if (request === null) return refused(400, "bad request", "HTTP/1.0");
  const [, method = "", target = "", major = "", minor = ""] = request;
  if (major !== "1") {
    return refused(506, `http protocol version ${major}.${minor} not supported`, "HTTP/1.0");
  }
  if (/^[^/]*@/.test(target)) return refused(400, "invalid url", "HTTP/1.0");
  const protocol = `HTTP/${major}.${minor}`;

  const headers = new Map<string, string>();
  let name = "";
  let value = "";
  const push = () => {
    if (name === "") return;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  };
  let bytes = 0;
  for (let lines = 1;; lines++) {
    if (!next()) return INCOMPLETE;
    bytes += line.length;
    if (lines >= MAX_LINES || bytes >= MAX_BYTES) return SILENCE;
    if (line === "") break;
    const header = /^([^:\s]+)\s*:\s*(.*)/.exec(line);
    if (header !== null) {
      push();
      name = (header[1] ?? "").toLowerCase();
      value = header[2] ?? "";
    } else if (/^\s+/.test(line)) {
      value += ` ${line.trimStart()}`;
    } else {
      return refused(506, "unable to parse request header", protocol);
    }
  }
  push();
  const head = { method, target, protocol, minor: Number(minor), headers };
  return { kind: "head", head, length: at };
}

function refused(status: number, message: string, protocol: string): HeadResult {
  return { kind: "refused", status, message, protocol };
}

/** What the client takes of what the server offers; gzip is preferred (`http-gzip-protected`). */
export function acceptedEncoding(head: RequestHead): "gzip" | "deflate" | undefined {
  const accepted = head.headers.get("accept-encoding");
  if (accepted === undefined) return undefined;
  if (accepted.includes("gzip")) return "gzip";
  return accepted.includes("deflate") ? "deflate" : undefined;
}
