import { type EndpointKey, ENDPOINTS } from "./endpoints.ts";

/** Where a request goes, and the parameters its path carries. */
export interface Route {
  readonly key: EndpointKey;
  /** The template, as `/nodes/{node}/lxc/{vmid}/config`. */
  readonly template: string;
  readonly params: Readonly<Record<string, string>>;
}

interface Template {
  readonly key: EndpointKey;
  readonly method: string;
  readonly template: string;
  readonly segments: readonly string[];
}

/** Volume ids may hold slashes: they take the whole rest of the path (FACTS §1.4). */
const REST = "{volume}";

const TEMPLATES: readonly Template[] = keysOf(ENDPOINTS).map((key) => {
  const [method = "", template = ""] = key.split(" ");
  return { key, method, template, segments: template.split("/").slice(1) };
});

/** What no token may call: a password or a second factor is asked for (FACTS §1.1). */
const TICKETS_ONLY = [
  /^PUT \/access\/password$/,
  /^(?:POST|PUT|DELETE) \/access\/tfa\/[^/]+(?:\/[^/]+)?$/,
];

/** Whether an endpoint is closed to tokens, whatever their rights. */
export function isForTicketsOnly(method: string, path: string): boolean {
  return TICKETS_ONLY.some((endpoint) => endpoint.test(`${method} ${path}`));
}

/** Finds the endpoint of a request, if there is one. Literal segments win over parameters. */
export function findRoute(method: string, segments: readonly string[]): Route | undefined {
  const matching = TEMPLATES.flatMap((candidate) => {
    if (candidate.method !== method) return [];
    const params = match(candidate.segments, segments);
    return params === undefined
      ? []
      : [{ key: candidate.key, template: candidate.template, params }];
  });
  return matching.toSorted((a, b) =>
    Object.keys(a.params).length - Object.keys(b.params).length
  )[0];
}

function match(
  template: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const takesRest = template.at(-1) === REST;
  if (takesRest ? segments.length < template.length : segments.length !== template.length) {
    return undefined;
  }
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = part === REST ? segments.slice(index).join("/") : segments[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name !== undefined) params[name] = segment;
  }
  return params;
}

function keysOf<T extends object>(table: T): (keyof T & string)[] {
  const isKey = (name: string): name is keyof T & string => Object.hasOwn(table, name);
  return Object.keys(table).filter(isKey);
}
