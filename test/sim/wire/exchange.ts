import type { Clock } from "../../../src/clock.ts";
import type { Api, ApiAnswer, ApiCall, ApiRequest } from "../seam.ts";
import type { Fault, FaultRules } from "./faults.ts";
import type { Latency } from "./latency.ts";
import { extractParams, mediaType } from "./parameters.ts";
import type { Pvedaemon } from "./pvedaemon.ts";
import { knownMethod } from "./refusal.ts";
import { apiReply, emptyReply, htmlReply, plainReply, type Reply } from "./reply.ts";
import type { RequestHead } from "./request_head.ts";
import type { RequestRow } from "./request_log.ts";
import { bytesToText, parseTarget, pathSegments } from "./target.ts";

/** What an exchange stands on. One for the whole server. */
export interface ExchangeContext {
  readonly api: Api;
  readonly clock: Clock;
  readonly pvedaemon: Pvedaemon;
  readonly clusterFileSystem: ClusterFileSystem;
  readonly faults: FaultRules;
  readonly latency: Latency;
  /** Ends every wait when the server stops. */
  readonly closing: AbortSignal;
  /** Told of what the half behind threw: a bug of the simulator. */
  readonly onCrash: (error: unknown) => void;
  /** Told that pvedaemon was restarted, which kills its tasks (FACTS §1.5). */
  readonly onDaemonRestart: () => void;
}

/** How the end of an exchange leaves the server. */
export type Delivery =
  | { readonly how: "whole"; readonly reply: Reply }
  | { readonly how: "truncate"; readonly reply: Reply; readonly keep: number }
  | { readonly how: "drip"; readonly reply: Reply; readonly everyMs: number }
  | { readonly how: "huge_body"; readonly bytes: number }
  | { readonly how: "huge_head"; readonly reply: Reply; readonly bytes: number }
  | { readonly how: "reset" }
  | { readonly how: "close" }
  | { readonly how: "silence" };

/** The cluster file system under pveproxy; without it nobody can be authenticated (OBSERVED 13). */
export interface ClusterFileSystem {
  up: boolean;
  /** Whether a request has met it down: that one waits longer (`pmxcfs-down-version`). */
  noticed: boolean;
}

/** Delay of every answer that the authentication gives (OBSERVED 10). */
const AUTH_DELAY_MS = 3000;
/** How long the first request after the file system went away waits (`pmxcfs-down-version`). */
const FILE_SYSTEM_DELAY_MS = 20_100;

const FILE_SYSTEM_DOWN: ApiAnswer = {
  status: 500,
  reason:
    "RPCEnvironment init request failed: Unable to load access control list: Connection refused",
  body: undefined,
};

const PAGE =
  "<!DOCTYPE html>\n<html><head><title>pve - Proxmox Virtual Environment</title></head>" +
  "<body></body></html>\n";

/** From a request whose head and body are there to what is sent back. */
export async function exchange(
  context: ExchangeContext,
  head: RequestHead,
  options: { readonly body: Uint8Array; readonly row: RequestRow },
): Promise<Delivery> {
  const { body, row } = options;
  const target = parseTarget(head.target);
  if (target.kind === "page") return whole(page(head.method, target.path));
  if (target.kind === "nothing") return whole(plainReply(501, "no such uri"));
  const { format } = target;
  if (format !== "json" && format !== "extjs") {
    const refusal = await refuseCredentials(context, head);
    return whole(refusal ?? plainReply(501, `no formatter for uri ${target.uri}, ${format}`));
  }
  if (!context.clusterFileSystem.up) {
    return whole(await authenticationReply(context, FILE_SYSTEM_DOWN));
  }

  let outcome: ApiCall | ApiAnswer;
  try {
    const params = readParams(head, { query: target.query, body });
    if (params instanceof SyntaxError) {
      const refusal = await refuseCredentials(context, head);
      return whole(refusal ?? plainReply(500, params.message));
    }
    Object.assign(row, { params });
    outcome = await context.api.dispatch({
      method: knownMethod(head.method) ?? "GET",
      segments: pathSegments(target.uri),
      params,
      authorization: head.headers.get("authorization"),
      cookie: head.headers.get("cookie"),
    });
  } catch (error) {
    return whole(crashed(context, error));
  }

  const call = "run" in outcome ? outcome : undefined;
  row.route = call?.route;
  row.proxied = call?.proxied ?? false;
  const struck = context.faults.strike({
    method: head.method,
    route: row.route,
    path: bytesToText(target.uri),
  });
  row.fault = struck?.id;
  const work = async (): Promise<Reply> => {
    if (!("run" in outcome)) {
      return isAuthentication(outcome)
        ? await authenticationReply(context, outcome)
        : apiReply(outcome, { format, proxied: false });
    }
    const answer = await perform(context, outcome, { row, fault: struck?.fault });
    return apiReply(answer, { format, proxied: outcome.proxied });
  };
  try {
    return struck === undefined
      ? whole(await work())
      : await suffer(context, struck.fault, { work, call });
  } catch (error) {
    return whole(crashed(context, error));
  }
}

/** The refusal of whoever may not come in at all; undefined for everybody else. */
export async function refuseCredentials(
  context: ExchangeContext,
  head: RequestHead,
): Promise<Reply | undefined> {
  if (!context.clusterFileSystem.up) return await authenticationReply(context, FILE_SYSTEM_DOWN);
  // Everybody who is somebody may ask for the version.
  const outcome = await context.api.dispatch({
    method: "GET",
    segments: ["version"],
    params: {},
    authorization: head.headers.get("authorization"),
    cookie: head.headers.get("cookie"),
  });
  if ("run" in outcome || !isAuthentication(outcome)) return undefined;
  return await authenticationReply(context, outcome);
}

function whole(reply: Reply): Delivery {
  return { how: "whole", reply };
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

/** Only what fails while authenticating has an empty body and is no gateway error. */
function isAuthentication(answer: ApiAnswer): boolean {
  return answer.body === undefined && (answer.status === 401 || answer.status === 500);
}

async function authenticationReply(context: ExchangeContext, answer: ApiAnswer): Promise<Reply> {
  const files = context.clusterFileSystem;
  const first = answer === FILE_SYSTEM_DOWN && !files.noticed;
  if (first) files.noticed = true;
  await context.clock.sleep(first ? FILE_SYSTEM_DELAY_MS : AUTH_DELAY_MS, context.closing);
  return emptyReply(answer.status, answer.reason);
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

/** What a fault makes of a request. */
async function suffer(
  context: ExchangeContext,
  fault: Fault,
  options: { readonly work: () => Promise<Reply>; readonly call: ApiCall | undefined },
): Promise<Delivery> {
  const { work, call } = options;
  switch (fault.kind) {
    case "delay":
      return whole(await work());
    case "reset_before":
      return { how: "reset" };
    case "reset_during":
      work().catch(context.onCrash);
      return { how: "reset" };
    case "reset_after":
      await work();
      return { how: "reset" };
    case "close":
      if (fault.run) await work();
      return { how: "close" };
    case "silence":
      if (fault.run) await work();
      return { how: "silence" };
    case "status":
      if (fault.run) await work();
      return whole(statusReply(fault));
    case "truncate":
      return { how: "truncate", reply: await work(), keep: fault.keep };
    case "html":
      return whole(htmlReply(fault.status, fault.status < 400 ? "OK" : "Bad Gateway", PAGE));
    case "drip":
      return { how: "drip", reply: await work(), everyMs: fault.every_ms };
    case "huge_body":
      return { how: "huge_body", bytes: fault.bytes };
    case "huge_head":
      return { how: "huge_head", reply: await work(), bytes: fault.bytes };
    case "hang_worker": {
      if (call?.proxied !== true) return whole(await work());
      const { pvedaemon } = context;
      const answer = await pvedaemon.proxy(async () => {
        await pvedaemon.ended;
        return { status: 596, reason: "Unexpected end-of-file", body: undefined };
      });
      return whole(apiReply(answer, { format: "json", proxied: true }));
    }
    case "restart": {
      const reply = work();
      context.pvedaemon.restart(fault.down_ms);
      context.onDaemonRestart();
      return whole(await reply);
    }
    default:
      return fault satisfies never;
  }
}

function statusReply(fault: Extract<Fault, { kind: "status" }>): Reply {
  const { status, reason = REASONS[status] ?? "Fault on demand", body } = fault;
  if (body === undefined && (status === 401 || status >= 590)) return emptyReply(status, reason);
  const answer = { status, reason, body: body ?? { data: null, message: `${reason}\n` } };
  return apiReply(answer, { format: "json", proxied: false });
}

/** What goes with a status when a rule says nothing (OBSERVED 10, 13; AnyEvent::HTTP). */
const REASONS: Readonly<Record<number, string>> = {
  401: "Authentication failed!",
  500: "got timeout",
  595: "Connection refused",
  596: "Connection timed out",
  597: "Connection reset by peer",
  599: "Too many redirections",
};

function crashed(context: ExchangeContext, error: unknown): Reply {
  if (context.closing.aborted) return emptyReply(599, "simulator stopped");
  context.onCrash(error);
  return plainReply(500, `simulator crashed: ${error instanceof Error ? error.message : error}\n`);
}
