import type { RequestRow } from "../../sim/wire/mod.ts";

/** What of a request says what it does. */
export type AskedCall = Pick<RequestRow, "method" | "path" | "params">;

/** The mutating calls below a guest, as `METHOD rest of the path`. */
const BELOW_GUEST: readonly { readonly pattern: RegExp; readonly verb?: string }[] = [
  { pattern: /^POST status\/(?<verb>start|shutdown|stop|reboot)$/ },
  { pattern: /^PUT config$/, verb: "config" },
  { pattern: /^POST snapshot\/(?<name>[^/]+)\/rollback$/, verb: "rollback" },
  { pattern: /^DELETE snapshot\/(?<name>[^/]+)$/, verb: "delete_snapshot" },
  { pattern: /^DELETE $/, verb: "destroy" },
];

/**
 * What a request would change, in words that it shares with the action it is sent for, as `start
 * 201` (`callsOf`); its method and path where no action asks for such a thing; `undefined` for a
 * read.
 */
export function callName({ method, path, params }: AskedCall): string | undefined {
  if (method === "GET") return undefined;
  const below = path.replace(/^\/nodes\/[^/]+\//, "");
  const text = (name: string) => String(params[name]);
  if (method === "POST" && below === "lxc") return `create ${text("vmid")}`;
  if (method === "POST" && below === "vzdump") return `backup ${text("vmid")}`;
  if (method === "DELETE" && below.startsWith("tasks/")) return below.replace("tasks/", "abort ");
  const content = /^storage\/([^/]+)\/content\/(.+)$/.exec(below);
  if (method === "DELETE" && content !== null) {
    const [, storage, volume = ""] = content;
    return `delete_backup ${volume.includes(":") ? volume : `${storage}:${volume}`}`;
  }
  const [, vmid = "", rest = ""] = /^lxc\/(\d+)(?:\/(.*))?$/.exec(below) ?? [];
  if (method === "POST" && rest === "snapshot") return `snapshot ${vmid} ${text("snapname")}`;
  for (const { pattern, verb } of vmid === "" ? [] : BELOW_GUEST) {
    const found = pattern.exec(`${method} ${rest}`);
    if (found === null) continue;
    const { verb: given = verb, name } = found.groups ?? {};
    return [given, vmid, name].filter((word) => word !== undefined).join(" ");
  }
  return `${method} ${path}`;
}
