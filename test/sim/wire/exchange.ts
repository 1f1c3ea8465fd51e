import type { ApiAnswer, ApiCall, ApiRequest } from "../seam.ts";
import { answerUnauthenticated, isUnauthenticated, refuseCredentials } from "./authentication.ts";
import { type Delivery, whole } from "./delivery.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import type { Fault } from "./faults.ts";
import { PAGE } from "./page.ts";
import { extractParams, mediaType } from "./parameters.ts";
import { knownMethod } from "./refusal.ts";
import { apiReply, emptyReply, htmlReply, plainReply, type Reply } from "./reply.ts";
import type { RequestHead } from "./request_head.ts";
import type { RequestRow } from "./request_log.ts";
import { suffer } from "./suffer.ts";
import { bytesToText, parseTarget, pathSegments, type Target } from "./target.ts";

/** A request that is whole, and its row in the log. */
interface Whole {
  readonly body: Uint8Array;
  readonly row: RequestRow;
}

/** From a request whose head and body are there to what is sent back. */
export async function exchange(
  context: ExchangeContext,
  head: RequestHead,
  request: Whole,
): Promise<Delivery> {
  const target = parseTarget(head.target);
  if (target.kind === "page") return whole(page(head.method, target.path));
  if (target.kind === "nothing") return whole(plainReply(501, "no such uri"));
  try {
    return await callApi(context, head, { ...request, target });
  } catch (error) {
    return whole(crashed(context, error));
  }
}

async function callApi(
  context: ExchangeContext,
  head: RequestHead,
  request: Whole & { readonly target: Extract<Target, { kind: "api" }> },
): Promise<Delivery> {
  const { body, row, target } = request;
  const { format } = target;
  const refuse = async (reply: Reply) => whole(await refuseCredentials(context, head) ?? reply);
  if (format !== "json" && format !== "extjs") {
    return await refuse(plainReply(501, `no formatter for uri ${target.uri}, ${format}`));
  }
  const params = readParams(head, { query: target.query, body });
  if (params instanceof SyntaxError) return await refuse(plainReply(500, params.message));
  row.params = params;
  if (!context.clusterFileSystem.up) return await refuse(emptyReply(500, ""));

  const outcome = await context.api.dispatch({
    method: knownMethod(head.method) ?? "GET",
    segments: pathSegments(target.uri),
    params,
    authorization: head.headers.get("authorization"),
    cookie: head.headers.get("cookie"),
  });
  const call = "run" in outcome ? outcome : undefined;
  row.route = call?.route;
  row.proxied = call?.proxied ?? false;
  const struck = context.faults.strike({
    method: head.method,
    route: row.route,
    path: bytesToText(target.uri),
    params,
  });
  row.fault = struck?.id;
  const work = async (): Promise<Reply> => {
    if (!("run" in outcome)) {
      return isUnauthenticated(outcome)
        ? await answerUnauthenticated(context, outcome)
        : apiReply(outcome, { format, proxied: false });
    }
    const answer = await perform(context, outcome, { row, fault: struck?.fault });
    return apiReply(answer, { format, proxied: outcome.proxied });
  };
  if (struck === undefined) return whole(await work());
  return await suffer(context, struck.fault, { work, call });
}

/** Makes the call: inline, or through pvedaemon. */
function perform(
  context: ExchangeContext,
  call: ApiCall,
  options: { readonly row: RequestRow; readonly fault: Fault | undefined },
): Promise<ApiAnswer> {
  const { row, fault } = options;
  const run = async (): Promise<ApiAnswer> => {
    if (fault?.kind === "delay") await context.clock.sleep(fault.ms, context.closing);
    const latency = context.latency.pass(call);
    if (latency !== undefined) await latency;
    row.handlerRan = true;
    return await call.run();
  };
  return call.proxied ? context.pvedaemon.proxy(run) : run();
}

function page(method: string, path: string): Reply {
  if (method === "GET" && path === "/") return htmlReply(200, "OK", PAGE);
  return plainReply(501, `no such file '${path}'\n`);
}

/** Parameters, or the error Perl would die with. */
function readParams(
  head: RequestHead,
  options: { readonly query: string; readonly body: Uint8Array },
): ApiRequest["params"] | SyntaxError {
  const type = mediaType(head.headers.get("content-type"));
  try {
    return extractParams(head.method, options.query, { type, bytes: options.body });
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** What the half behind threw is a bug of the simulator, and is told as one. */
function crashed(context: ExchangeContext, error: unknown): Reply {
  if (context.closing.aborted) return emptyReply(599, "simulator stopped");
  context.onCrash(error);
  const message = error instanceof Error ? error.message : String(error);
  return plainReply(500, `simulator crashed: ${message}\n`);
}
