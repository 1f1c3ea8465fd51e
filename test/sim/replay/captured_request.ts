import type { ApiRequest, ParamValue } from "../seam.ts";
import { unescapeBytes } from "../wire/parameters.ts";
import type { Capture } from "./captures.ts";
import { authorizationOf } from "./credentials.ts";
import { isRecord } from "./json_value.ts";

/** The request of a capture, as the wire would hand it to the API; `translate` mends its path. */
export function requestOf(capture: Capture, translate: (path: string) => string): ApiRequest {
  const { method, path, params, token, raw } = capture.request;
  const given = Object.entries(params ?? {});
  const isTicket = token === null;
  return {
    method,
    segments: segmentsOf(translate(path.replace(/^\/api2\/json/, ""))),
    params: Object.fromEntries(
      raw === true ? given : given.map(([name, value]) => [name, asSent(value)]),
    ),
    authorization: isTicket ? undefined : authorizationOf(token, capture.name),
    cookie: isTicket ? "PVEAuthCookie=PVE:root@pam:00000000::garbage" : undefined,
  };
}

/** A path's parts, percent-decoded once, empty ones dropped. */
export function segmentsOf(path: string): string[] {
  return unescapeBytes(path).split("/").filter((segment) => segment !== "");
}

/** Whether a capture shows a task that is over. */
export function showsTheEnd(capture: Capture): boolean {
  if (!/\/tasks\/UPID[^/]*\/(?:status|log)$/.test(capture.request.path)) return false;
  // Of a long log only the beginning is captured.
  if (capture.name.endsWith(".task-log")) return true;
  const text = JSON.stringify(capture.body);
  return /"status":"stopped"/.test(text) || /"TASK (?:OK|ERROR|WARNINGS)/.test(text);
}

/** The task id that an answer consists of. */
export function upidIn(body: ParamValue): string | undefined {
  const data = isRecord(body) ? body.data : undefined;
  return typeof data === "string" && data.startsWith("UPID:") ? data : undefined;
}

/** A body of the simulator's as JSON has it; an empty one is an empty text. */
export function asJson(body: unknown): ParamValue {
  return body === undefined ? "" : JSON.parse(JSON.stringify(body));
}

/** Parameters travelled as text; an empty one has no value. */
function asSent(value: ParamValue): ParamValue {
  if (value === "" || value === null) return null;
  return typeof value === "object" ? value : String(value);
}
