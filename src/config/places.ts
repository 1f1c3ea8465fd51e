/**
 * The places the program may see. They are the paths of the permission set `agent` in `deno.json`,
 * which is baked into the binary: nothing outside them can be read, whatever a configuration says.
 */
export const PLACES = {
  configuration: "/etc/felhom-agent",
  credentials: "/run/credentials/felhom-agent.service",
  state: "/var/lib/felhom-agent",
  runtime: "/run/felhom-agent",
  helperSocket: "/run/felhom-privileged/helper.sock",
} as const;

export const DEFAULT_CONFIG_PATH = `${PLACES.configuration}/agent.json`;

/** `path` without `.`, `..` and doubled slashes; `undefined` when it is not absolute. */
export function resolvePath(path: string): string | undefined {
  if (!path.startsWith("/") || path.includes("\0")) return undefined;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return "/" + segments.join("/");
}

/** Whether a resolved path is `place` itself or lies below it. */
export function liesIn(path: string, place: string): boolean {
  return path === place || path.startsWith(place + "/");
}
