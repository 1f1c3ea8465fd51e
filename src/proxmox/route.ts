import { FelhomError } from "../errors.ts";

/** The names in a template's braces: `"node" | "vmid"`. */
type Names<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;

/** One path of the API, and how pveproxy treats it. */
export interface Route<Template extends string = string> {
  readonly template: Template;
  /**
   * Whether pveproxy hands the call on to pvedaemon, which has three workers, each blocked while it
   * works on a call (FACTS §1.5, OBSERVED 4, 14).
   */
  readonly proxied: boolean;
  /**
   * The path below `/api2/json`, encoded.
   *
   * @throws {FelhomError} `proxmox.bad_parameter` for a value that would change the path's shape
   */
  path(values: Readonly<Record<Names<Template>, string | number>>): string;
}

/** A route that pveproxy answers itself. */
export function inline<const Template extends string>(template: Template): Route<Template> {
  return route(template, false);
}

/** A route that pveproxy hands on to pvedaemon. */
export function proxied<const Template extends string>(template: Template): Route<Template> {
  return route(template, true);
}

function route<const Template extends string>(
  template: Template,
  proxied: boolean,
): Route<Template> {
  // Literal text and names by turns: "/nodes/", "node", "/lxc/", "vmid", "/config".
  const pieces = template.split(/[{}]/);
  return {
    template,
    proxied,
    path(values: Readonly<Record<string, string | number>>) {
      let path = "";
      for (let index = 0; index < pieces.length; index++) {
        const piece = pieces[index] ?? "";
        path += index % 2 === 0 ? piece : segment(piece, values[piece]);
      }
      return path;
    },
  };
}

/**
 * Proxmox decodes the path **before** it splits it and drops empty segments (FACTS §1.4), so no
 * encoding can make a slash or an empty text safe: they are refused. A volume id takes the whole
 * rest of its path and may have slashes.
 */
function segment(name: string, value: string | number | undefined): string {
  if (typeof value === "number") return String(value);
  const parts = name === "volume" ? (value ?? "").split("/") : [value ?? ""];
  // deno-lint-ignore no-control-regex -- a NUL or newline in a path is what is looked for
  if (parts.some((part) => part === "" || /^\.{1,2}$|[/\x00-\x1f\x7f]/.test(part))) {
    throw new FelhomError(
      "proxmox.bad_parameter",
      `Cannot use ${JSON.stringify(value)} as ${name}: it would change the path`,
    );
  }
  return encodeURIComponent(value ?? "");
}

/** Where a call to this route goes. */
export function target<Template extends string>(
  route: Route<Template>,
  values: Readonly<Record<Names<Template>, string | number>>,
): { readonly path: string; readonly proxied: boolean } {
  return { path: route.path(values), proxied: route.proxied };
}
