import type { PathPrivilege, Preflight } from "../proxmox/mod.ts";
import type { Finding } from "./check.ts";

/** What the effective permissions of the token mean for the self-test. */
export function judgePreflight(preflight: Preflight, unnamed: readonly string[]): Finding {
  const { missing, excess, commands } = preflight;
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`missing ${byPath(missing)}`);
  if (excess.length > 0) parts.push(`more than needed ${byPath(excess)}`);
  const fix = commands.length === 0 ? {} : { commands };
  if (missing.length > 0) {
    return {
      status: "failed",
      code: "proxmox.forbidden",
      detail: `The token lacks rights: ${parts.join("; ")}`,
      hint: "Run the commands below on the host.",
      ...fix,
    };
  }
  if (excess.length > 0) {
    return {
      status: "warning",
      detail: `The token may do ${parts.join("; ")}`,
      hint: "Take it away: whoever takes over the agent may do it too. See the commands below.",
      ...fix,
    };
  }
  const rest = unnamed.length === 0
    ? ""
    : `; not checked, because nothing is named there: ${unnamed.join(", ")}`;
  return { status: "ok", detail: `The token may do what it must, and nothing more${rest}` };
}

/** `on /vms: VM.Audit, VM.Backup; on /: Sys.Modify` */
function byPath(rights: readonly PathPrivilege[]): string {
  const paths = [...new Set(rights.map(({ path }) => path))];
  return paths.map((path) => {
    const names = rights.filter((right) => right.path === path).map(({ privilege }) => privilege);
    return `on ${path}: ${names.join(", ")}`;
  }).join("; ");
}
