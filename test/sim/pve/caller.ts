import type { ApiAnswer, ApiRequest, ParamValue } from "../seam.ts";
import type { Pve } from "./mod.ts";

type Params = Readonly<Record<string, ParamValue>>;

/** How a test calls the API without a wire between. */
export interface Caller {
  /** Calls `METHOD /path` and answers what came back, errors included. */
  (call: string, params?: Params): Promise<ApiAnswer>;
  /** The same, answering `data`; throws with the reason when it is no 200. */
  data<T = unknown>(call: string, params?: Params): Promise<T>;
}

/** A caller with one of the scenario's tokens. */
export function callerOf(pve: Pve, tokenName?: string): Caller {
  const token = tokenName === undefined ? pve.token : pve.tokens[tokenName];
  const authorization = `PVEAPIToken=${token?.id ?? "nobody@pve!x"}=${token?.secret ?? ""}`;
  async function call(text: string, params: Params = {}): Promise<ApiAnswer> {
    const request = requestOf(text, params, authorization);
    const dispatched = await pve.dispatch(request);
    return "run" in dispatched ? await dispatched.run() : dispatched;
  }
  async function data<T>(text: string, params?: Params): Promise<T> {
    const answer = await call(text, params);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.reason}`);
    return JSON.parse(JSON.stringify(answer.body)).data;
  }
  return Object.assign(call, { data });
}

function requestOf(text: string, params: Params, authorization: string): ApiRequest {
  const [method = "GET", path = "/"] = text.split(" ");
  const segments = path.split("/").filter((part) => part !== "").map(decodeURIComponent);
  if (method !== "GET" && method !== "POST" && method !== "PUT" && method !== "DELETE") {
    throw new Error(`Cannot call "${text}": it begins with no method`);
  }
  return { method, segments, params, authorization, cookie: undefined };
}
