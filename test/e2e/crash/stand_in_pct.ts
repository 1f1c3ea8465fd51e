import type { HelperHost } from "../../support/helper_host.ts";
import type { CallerAccess } from "../../sim/pve/call_context.ts";
import { PveError } from "../../sim/pve/pve_error.ts";
import { createGuest } from "../../sim/pve/world/create.ts";
import { exitStatus } from "../../sim/pve/world/tasks.ts";
import type { World } from "../../sim/pve/world/world.ts";

const SOCKET = "/run/stand-in-pct.sock";

/** Hands its arguments to the simulator, a line each, and ends as the first line of the answer says. */
const SCRIPT = `#!/bin/sh
answer=$(printf '%s\\n' "$@" |
  curl --silent --show-error --unix-socket ${SOCKET} --data-binary @- http://pct/) || exit 255
code=$(echo "$answer" | head -n 1)
if [ "$code" = 0 ]; then echo "$answer" | tail -n +2; else echo "$answer" | tail -n +2 >&2; fi
exit "$code"
`;

/** How a program ended, and what it said. */
interface Ran {
  readonly code: number;
  readonly text: string;
}

/** Why it cannot be had on this machine; `undefined` when it can. */
export function whyNoStandInPct(): string | undefined {
  const { success } = new Deno.Command("sh", { args: ["-c", "command -v curl"] }).outputSync();
  return success ? undefined : "curl is not installed";
}

/**
 * Puts a `pct` on a host that works on a simulated one, as root's own does on a real one: what it
 * makes is there for the API as well, made by a task of root's, and it goes through to its end
 * whoever waits for it. It knows `config` and `create`.
 */
export async function standInPct(host: HelperHost, world: World): Promise<AsyncDisposable> {
  await host.write("/usr/sbin/pct", SCRIPT, 0o755);
  const server = Deno.serve({
    transport: "unix",
    path: host.outside(SOCKET),
    onListen: () => {},
  }, async (request) => {
    const words = (await request.text()).trimEnd().split("\n");
    const { code, text } = await pct(world, words);
    return new Response(`${code}\n${text}\n`);
  });
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}

async function pct(world: World, words: readonly string[]): Promise<Ran> {
  const [command, vmid, ...rest] = words;
  switch (command) {
    case "config":
      return config(world, Number(vmid));
    case "create":
      return await create(world, Number(vmid), rest);
    default:
      return { code: 255, text: `unknown command '${command}'` };
  }
}

function config(world: World, vmid: number): Ran {
  const guest = world.guests.get(vmid);
  if (guest === undefined) {
    const file = `nodes/${world.node.name}/lxc/${vmid}.conf`;
    return { code: 2, text: `Configuration file '${file}' does not exist` };
  }
  const lines = [...guest.config.options].map(([key, value]) => `${key}: ${value}`);
  return { code: 0, text: lines.join("\n") };
}

/** @param words the template, then names and values in turn */
async function create(world: World, vmid: number, words: readonly string[]): Promise<Ran> {
  const [archive = "", ...rest] = words;
  const given = new Map<string, string>();
  for (let at = 0; at + 1 < rest.length; at += 2) {
    given.set((rest[at] ?? "").replace(/^--/, ""), rest[at + 1] ?? "");
  }
  const { rootfs = "", unprivileged, start, ...options } = Object.fromEntries(given);
  try {
    const upid = await createGuest(world, {
      ...{ vmid, archive, user: "root@pam", access: ROOT },
      ...{ restore: false, force: false, unique: false, pool: undefined },
      ...{ storage: "local", mounts: new Map([["rootfs", rootfs]]) },
      ...{ options: new Map(Object.entries(options)), unprivileged: unprivileged === "1" },
      start: start === "1",
    });
    await world.tasks.idle();
    const task = world.tasks.find(upid);
    const status = task === undefined ? "its task is gone" : exitStatus(task);
    return status === "OK" ? { code: 0, text: "" } : { code: 255, text: status };
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    return { code: 255, text: error.message };
  }
}

/** Root may do everything. */
const ROOT: CallerAccess = { check: () => {}, allows: () => true, effective: () => ({}) };
