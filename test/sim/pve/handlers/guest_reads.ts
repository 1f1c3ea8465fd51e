import type { Handlers } from "../contract/endpoints.ts";
import { configView, pendingView } from "../world/config_view.ts";
import { guestRow, interfaceRows } from "../world/guest_rows.ts";
import { failure, type PveError } from "../pve_error.ts";
import { rrdRows } from "../world/node.ts";
import type { World } from "../world/world.ts";

type GuestReadHandlers = Pick<
  Handlers,
  | "GET /nodes/{node}/lxc"
  | "GET /nodes/{node}/lxc/{vmid}"
  | "GET /nodes/{node}/lxc/{vmid}/config"
  | "GET /nodes/{node}/lxc/{vmid}/pending"
  | "GET /nodes/{node}/lxc/{vmid}/interfaces"
  | "GET /nodes/{node}/lxc/{vmid}/rrddata"
  | "GET /nodes/{node}/lxc/{vmid}/status/current"
>;

const SUBDIRS = [
  "config",
  "pending",
  "status",
  "vncproxy",
  "termproxy",
  "vncwebsocket",
  "spiceproxy",
  "migrate",
  "clone",
  "rrd",
  "rrddata",
  "firewall",
  "snapshot",
  "resize",
  "interfaces",
];

/** Reading guests (FACTS §3.2). */
export function guestReadHandlers(world: World): GuestReadHandlers {
  return {
    // Guests without VM.Audit are left out, without an error.
    "GET /nodes/{node}/lxc": (_params, { access }) =>
      [...world.guests.values()]
        .filter((guest) => access.allows(`/vms/${guest.vmid}`, ["VM.Audit"]))
        .map((guest) => guestRow(world, guest)),
    "GET /nodes/{node}/lxc/{vmid}": () => SUBDIRS.map((subdir) => ({ subdir })),
    "GET /nodes/{node}/lxc/{vmid}/config": ({ vmid, current, snapshot }, { access }) => {
      const view = configView(world.guest(vmid).config, {
        current: current ?? false,
        snapshot,
      });
      if (!access.allows(`/vms/${vmid}`, ["VM.Config.Options"])) delete view["env"];
      return view;
    },
    "GET /nodes/{node}/lxc/{vmid}/pending": ({ vmid }, { access }) => {
      const rows = pendingView(world.guest(vmid).config);
      const mayReadEnv = access.allows(`/vms/${vmid}`, ["VM.Config.Options"]);
      return rows.filter((row) => row.key !== "env" || mayReadEnv);
    },
    "GET /nodes/{node}/lxc/{vmid}/interfaces": ({ vmid }) => interfaceRows(world.guest(vmid)),
    // Nothing is measured of a guest that is stopped; what it used before is remembered.
    "GET /nodes/{node}/lxc/{vmid}/rrddata": ({ vmid, timeframe }) => {
      const guest = world.guest(vmid);
      if (guest.figures === false) throw noFigures(vmid);
      const mem = Math.max(guest.peak ?? 0, guest.running?.memory ?? 0);
      const seconds = guest.ran ?? Infinity;
      return rrdRows(timeframe, world.clock.now(), mem === 0 ? {} : { mem }, seconds);
    },
    "GET /nodes/{node}/lxc/{vmid}/status/current": ({ vmid }) => ({
      ...guestRow(world, world.guest(vmid)),
      ha: { managed: 0 },
    }),
  };
}

/** librrd's words, which pve-cluster's `create_rrd_data` dies of (PVE/RRD.pm). */
function noFigures(vmid: number): PveError {
  const file = `/var/lib/rrdcached/db/pve-vm-9.0/${vmid}`;
  return failure(`RRD error: opening '${file}': No such file or directory`);
}
