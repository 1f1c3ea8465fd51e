import type { ApiAnswer } from "../seam.ts";
import { encodePerlJson } from "./encode_perl_json.ts";

/** An answer before the connection adds what it knows: protocol, keep-alive, date, encoding. */
export interface Reply {
  readonly status: number;
  /** The whole message; its first line becomes the reason phrase. */
  readonly message: string;
  readonly body: string;
  readonly contentType: string | undefined;
  /** Came through pvedaemon: carries both Connection headers when it is no error. */
  readonly proxied: boolean;
  /** Only for redirections. */
  readonly location?: string;
}

const JSON_TYPE = "application/json;charset=UTF-8";

/** What pveproxy's protocol layer refuses: plain text without a Content-Type (FACTS §1.3). */
export function plainReply(status: number, message: string): Reply {
  return { status, message, body: message, contentType: undefined, proxied: false };
}

/** A status line and nothing else, as every 401 and 595 to 599 (OBSERVED 10, 13). */
export function emptyReply(status: number, message: string): Reply {
  return { status, message, body: "", contentType: undefined, proxied: false };
}

export function htmlReply(status: number, message: string, page: string): Reply {
  return { status, message, body: page, contentType: "text/html;charset=UTF-8", proxied: false };
}

/**
 * What an answer of the API looks like in a format: in `json` as it is, in `extjs` always with
 * status 200 and the real one inside (`http-extjs-*`).
 */
export function apiReply(
  answer: ApiAnswer,
  options: { readonly format: "json" | "extjs"; readonly proxied: boolean },
): Reply {
  const { status, reason, body } = answer;
  if (body === undefined) return { ...emptyReply(status, reason), proxied: options.proxied };
  const json = { contentType: JSON_TYPE, proxied: options.proxied };
  if (options.format === "json") {
    return { ...json, status, message: reason, body: encodePerlJson(body) };
  }
  const inside = status < 400 ? { success: 1 } : { success: 0, status };
  return { ...json, status: 200, message: "OK", body: encodePerlJson(Object.assign(inside, body)) };
}
