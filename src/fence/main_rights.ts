import type { Held } from "./rights.ts";

/**
 * The paths and system facts of the permission set `agent` in `deno.json`, which the main isolate starts with (a test
 * holds the two equal). It reads configuration and secrets with them, hands a part of them to the
 * daemon, and gives all of them up.
 */
export const AGENT_SET = {
  read: [
    "/etc/felhom-agent",
    "/var/lib/felhom-agent",
    "/run/credentials/felhom-agent.service",
    "/run/felhom-agent",
    "/run/felhom-privileged/helper.sock",
  ],
  write: [
    "/var/lib/felhom-agent",
    "/run/felhom-agent",
    "/run/felhom-privileged/helper.sock",
    "/run/systemd/notify",
  ],
  /**
   * How much a disk has left: without it nobody can say how large the state may become. Nothing that
   * could be read or written instead tells it.
   */
  sys: ["statfs"],
} as const;

/**
 * What the main isolate holds while it starts: the set, and of the network (which it holds whole,
 * so that it can hand on a part) what the daemon gets, to be tried by name once it is given up.
 */
export function mainRights(handedOn: Held): Held {
  return {
    net: handedOn.net,
    read: AGENT_SET.read,
    write: AGENT_SET.write,
    env: [],
    run: [],
    sys: [],
    ffi: [],
    import: [],
  };
}
