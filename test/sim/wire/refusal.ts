import { mediaType } from "./parameters.ts";
import { emptyReply, plainReply, type Reply } from "./reply.ts";
import type { RequestHead } from "./request_head.ts";
import type { ApiRequest } from "../seam.ts";

/** Bytes of a request body that are still taken (FACTS §1.4). */
const MAX_BODY = 512 * 1024;

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const satisfies readonly ApiRequest["method"][];

/** The method, if it is one that pveproxy knows (OBSERVED 1). */
export function knownMethod(method: string): ApiRequest["method"] | undefined {
  return METHODS.find((known) => known === method);
}

/** What is wrong with a head whatever it asks for (`http-head`, `http-patch`, `http-chunked`). */
export function refuseHead(head: RequestHead): Reply | undefined {
  if (knownMethod(head.method) === undefined) {
    return emptyReply(501, `method '${head.method}' not available`);
  }
  const coding = head.headers.get("transfer-encoding");
  if (coding === undefined || coding === "") return undefined;
  return coding.toLowerCase() === "chunked"
    ? plainReply(501, "chunked transfer encoding not supported")
    : plainReply(501, `Unknown transfer encoding '${coding}'`);
}

/** Bytes of body that the head announces; what is no number counts as none. */
export function announcedLength(head: RequestHead): number {
  const length = Number.parseInt(head.headers.get("content-length") ?? "", 10);
  return Number.isNaN(length) ? 0 : Math.max(0, length);
}

/** What is wrong with an announced body, before it is read (`http-get-with-body`, …). */
export function refuseBody(head: RequestHead, length: number): Reply | undefined {
  if (length === 0) return undefined;
  if (head.method !== "PUT" && head.method !== "POST") {
    return plainReply(501, `Unexpected content for method '${head.method}'`);
  }
  if (length > MAX_BODY) return plainReply(501, "for data too large");
  const header = head.headers.get("content-type");
  const type = mediaType(header);
  if (
    type === undefined || type === "application/x-www-form-urlencoded" ||
    type === "application/json"
  ) return undefined;
  return plainReply(506, `upload 'Content-Type '${header}' not implemented`);
}

/**
 * Where a client is sent that spoke plain HTTP to the TLS port (FACTS §1.5); undefined when it did
 * not say which host it meant, and then it gets no answer.
 */
export function redirectToTls(head: RequestHead): Reply | undefined {
  const host = head.headers.get("host");
  if (host === undefined || host === "") return undefined;
  const location = `https://${host.replace(/^https?:\/\//, "")}${head.target}`;
  const reply = head.method === "GET"
    ? plainReply(301, "Moved Permanently")
    : plainReply(308, "Permanent Redirect");
  return { ...reply, location };
}
