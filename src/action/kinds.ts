/** What the product can do to a host, and for now what it reads there through the helper. */
export type ActionKind =
  | "golden.create"
  | "disk.mount"
  | "disk.unmount"
  | "hardware.smart"
  | "hardware.sensors"
  | "helper.health";

/** Which way an action takes to the host. */
export type Route =
  /** The Proxmox API, with the agent's token: whatever it can do is done so. */
  | "api"
  /** The privileged helper, as root: only what the API cannot do. */
  | "helper";

/** One row of the routing table. */
export interface ActionEntry {
  readonly route: Route;
  /** A mutation changes the host and needs a permit; a read does not. */
  readonly mutates: boolean;
  /** One line for the table: what is done. */
  readonly summary: string;
  /** Why it takes this route. */
  readonly reason: string;
  /** Where that is known from. */
  readonly source: string;
}

/** Every action with its route. */
export const ACTIONS = {
  "golden.create": {
    route: "helper",
    mutates: true,
    summary: "Make the container of the golden image",
    reason: "Feature flags other than nesting may be set by root@pam only, by no token",
    source: "FACTS §3.3; OBSERVED 23",
  },
  "disk.mount": {
    route: "helper",
    mutates: true,
    summary: "Mount an enrolled disk by its UUID",
    reason: "The API cannot mount a filesystem that is there already; it can only make new ones",
    source: "api-9.2.3.json, /nodes/{node}/disks",
  },
  "disk.unmount": {
    route: "helper",
    mutates: true,
    summary: "Unmount an enrolled disk",
    reason: "The API cannot unmount a filesystem",
    source: "api-9.2.3.json, /nodes/{node}/disks",
  },
  "hardware.smart": {
    route: "helper",
    mutates: false,
    summary: "Read SMART of a disk",
    reason: "disks/smart needs Sys.Audit on / and shows NVMe and SAS as text, errors as UNKNOWN",
    source: "FACTS §6",
  },
  "hardware.sensors": {
    route: "helper",
    mutates: false,
    summary: "Read temperatures, fans and voltages",
    reason: "The API shows no temperatures, fans or voltages",
    source: "api-9.2.3.json, /nodes/{node}",
  },
  "helper.health": {
    route: "helper",
    mutates: false,
    summary: "Ask whether the helper could do its work",
    reason: "Only the helper can say whether its programs and sudo rules are in place",
    source: "design, section 2",
  },
} as const satisfies Record<ActionKind, ActionEntry>;
