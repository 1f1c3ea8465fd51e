import type { Api, ApiAnswer, ApiCall, ApiRequest } from "../seam.ts";
import type { AccessControl } from "./access/access_control.ts";
import { checkPermission } from "./access/check_permission.ts";
import { type CallContext, Reply } from "./call_context.ts";
import type { Endpoint } from "./contract/endpoint.ts";
import { type EndpointKey, ENDPOINTS, type Handlers, type ParamsOf } from "./contract/endpoints.ts";
import { findRoute, isForTicketsOnly, type Route } from "./contract/routes.ts";
import { type RawParams, verify } from "./contract/verify.ts";
import { badParameters, failure, forbidden, PveError } from "./pve_error.ts";

interface Options {
  readonly access: AccessControl;
  readonly handlers: Handlers;
  /** The node's own name. */
  readonly node: string;
}

/**
 * The API behind the wire. The order of its checks is Proxmox's (FACTS §1.2): credentials, route,
 * parameters that contradict the URL, token allowed, permission, node; then, wherever the endpoint
 * runs, its parameters and its handler.
 */
export function createApi(options: Options): Api {
  return {
    dispatch(request: ApiRequest): Promise<ApiCall | ApiAnswer> {
      try {
        return Promise.resolve(prepare(options, request));
      } catch (error) {
        return Promise.resolve(answerTo(error));
      }
    },
  };
}

function prepare({ access, handlers, node }: Options, request: ApiRequest): ApiCall {
  const identity = access.identities.authenticate(request.authorization, request.cookie);
  if (isForTicketsOnly(request.method, pathOf(request))) throw forbidden(noToken(request));
  const route = findRoute(request.method, request.segments);
  if (route === undefined) throw notImplemented(request);
  const params = mergeUrlParameters(route, request.params);
  const endpoint: Endpoint = ENDPOINTS[route.key];
  const context: CallContext = { identity, access: access.accessOf(identity), isRoot: false };
  checkPermission(endpoint.permission, context.access, params);
  if (endpoint.proxyto === "node") requireNode(node, String(params.node));
  return {
    proxied: endpoint.protected,
    route: route.template,
    run: async () => {
      try {
        return success(await run(handlers, route.key, { params, context }));
      } catch (error) {
        return answerTo(error);
      }
    },
  };
}

/** Verifies and calls in one place, so that parameters and handler have the same key's type. */
function run<K extends EndpointKey>(
  handlers: Handlers,
  key: K,
  call: { readonly params: RawParams; readonly context: CallContext },
): Promise<unknown> | unknown {
  const endpoint: Endpoint<(typeof ENDPOINTS)[K]["parameters"]> = ENDPOINTS[key];
  const params: ParamsOf<K> = verify(endpoint.parameters, call.params);
  return handlers[key](params, call.context);
}

function mergeUrlParameters(route: Route, params: RawParams): RawParams {
  for (const [name, value] of Object.entries(route.params)) {
    const given = params[name];
    if (given !== undefined && String(given) !== value) {
      throw badParameters({
        [name]: "duplicate parameter (already defined in URI) with conflicting values!",
      });
    }
  }
  return { ...params, ...route.params };
}

/** @throws {PveError} when the call is for a node that is not this one */
function requireNode(own: string, asked: string): void {
  if (asked === own || asked === "localhost") return;
  if (asked.toLowerCase() === own.toLowerCase()) {
    // The name resolves to this very node, whose certificate does not carry it in that spelling.
    throw new PveError(596, "error:0A000086:SSL routines::certificate verify failed");
  }
  throw failure(
    `hostname lookup '${asked}' failed - failed to get address info for: ${asked}: ` +
      "Name or service not known",
  );
}

function pathOf(request: ApiRequest): string {
  return `/${request.segments.join("/")}`;
}

function noToken(request: ApiRequest): string {
  return `URI '${pathOf(request)}' not available with API token, need proper ticket.\n`;
}

function notImplemented(request: ApiRequest): PveError {
  return new PveError(501, `Method '${request.method} ${pathOf(request)}' not implemented`);
}

/** A `total` of 0 is left out, as every false value in Perl (capture weak-get-tasks). */
function success(result: unknown): ApiAnswer {
  if (!(result instanceof Reply)) {
    return { status: 200, reason: "OK", body: { data: result ?? null } };
  }
  const { total, changes } = result.extra;
  const body = {
    data: result.data ?? null,
    ...(total === undefined || total === 0 ? {} : { total }),
    ...(changes === undefined ? {} : { changes }),
  };
  return { status: 200, reason: "OK", body };
}

/** @throws what is no `PveError`: a mistake in the simulator */
function answerTo(error: unknown): ApiAnswer {
  if (!(error instanceof PveError)) throw error;
  const { status, message, errors } = error;
  const reason = message.split("\n")[0] ?? "";
  if (status === 401 || status >= 595) return { status, reason, body: undefined };
  const text = status === 501 ? message : `${message}\n`;
  const body = { data: null, message: text, ...(errors === undefined ? {} : { errors }) };
  return { status, reason, body };
}
