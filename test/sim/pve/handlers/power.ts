import type { Handlers } from "../contract/endpoints.ts";
import { badParameters } from "../pve_error.ts";
import { reboot, resume, shutdown, start, stop, suspend } from "../world/power.ts";
import type { World } from "../world/world.ts";

type PowerHandlers = Pick<
  Handlers,
  | "POST /nodes/{node}/lxc/{vmid}/status/start"
  | "POST /nodes/{node}/lxc/{vmid}/status/stop"
  | "POST /nodes/{node}/lxc/{vmid}/status/shutdown"
  | "POST /nodes/{node}/lxc/{vmid}/status/reboot"
  | "POST /nodes/{node}/lxc/{vmid}/status/suspend"
  | "POST /nodes/{node}/lxc/{vmid}/status/resume"
>;

/** Seconds a guest gets to shut down when nothing is said (FACTS §3.6). */
const TIMEOUT = 60;

/** Power (FACTS §3.6). Each answers a UPID. */
export function powerHandlers(world: World): PowerHandlers {
  return {
    "POST /nodes/{node}/lxc/{vmid}/status/start": ({ vmid, skiplock }, { identity }) => {
      refuseSkiplock(skiplock);
      return start(world, { vmid, user: identity.full });
    },
    "POST /nodes/{node}/lxc/{vmid}/status/stop": (params, { identity }) => {
      refuseSkiplock(params.skiplock);
      const overrule = params["overrule-shutdown"] ?? false;
      return stop(world, { vmid: params.vmid, user: identity.full, overrule });
    },
    "POST /nodes/{node}/lxc/{vmid}/status/shutdown": (params, { identity }) => {
      const { vmid, timeout = TIMEOUT, forceStop = false } = params;
      return shutdown(world, { vmid, user: identity.full, timeout, forceStop });
    },
    "POST /nodes/{node}/lxc/{vmid}/status/reboot": ({ vmid, timeout = TIMEOUT }, { identity }) =>
      reboot(world, { vmid, user: identity.full, timeout }),
    "POST /nodes/{node}/lxc/{vmid}/status/suspend": ({ vmid }, { identity }) =>
      suspend(world, { vmid, user: identity.full }),
    "POST /nodes/{node}/lxc/{vmid}/status/resume": ({ vmid }, { identity }) =>
      resume(world, { vmid, user: identity.full }),
  };
}

function refuseSkiplock(skiplock: boolean | undefined): void {
  if (skiplock === true) throw badParameters({ skiplock: "Only root may use this option." });
}
