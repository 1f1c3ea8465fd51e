import type { Ipv4Prefix } from "../config/ipv4.ts";
import type { VlanRange } from "../config/vlan_range.ts";

/** What may be used for what is made: root's own configuration. An empty list allows nothing. */
export interface AllowLists {
  readonly storages: readonly string[];
  readonly bridges: readonly string[];
  /** Tags; an interface without one needs none of them. */
  readonly vlans: readonly VlanRange[];
  /** Of addresses that are set from outside; what a guest gets by DHCP is not known here. */
  readonly addressPrefixes: readonly Ipv4Prefix[];
}

/** An interface of a guest that is made, as far as a list looks at it. */
export interface InterfaceFacts {
  /** As Proxmox names it: `net0`. */
  readonly name: string;
  /** Null when it is on no bridge. */
  readonly bridge: string | null;
  /** The tag, and those of a trunk. */
  readonly vlans: readonly number[];
  /** `dhcp`, `manual`, or an address with its prefix length. */
  readonly ipv4: string;
  readonly gateway: string | null;
}

/** Memory that guests are promised, MiB; swap counts as memory. */
export interface MemoryFacts {
  /** What the node has. */
  readonly node: number;
  /** What guests may be promised together. */
  readonly most: number;
  /** What the other guests that the agent can see are promised. */
  readonly others: number;
}

/** By how many seconds a guest holds up those that start, or stop, after it. */
export interface StartupDelays {
  readonly up: number;
  readonly down: number;
}

/** The delays of the managed guests. */
export interface StartupFacts {
  /** The subject's, as they are. */
  readonly own: StartupDelays;
  /** Of all others together. */
  readonly others: StartupDelays;
}

/** Another guest of this node that has a MAC of the subject's, and runs or is being started. */
export interface MacHolder {
  readonly guest: number;
  /** In capitals. */
  readonly mac: string;
}

/** Who has the MACs of a guest that is to be started. */
export interface MacFacts {
  readonly holders: readonly MacHolder[];
  /** Which of the agent's own starts were through when this was looked at; only it knows the scale. */
  readonly asOf: number;
}

/** The most memory that a guest was seen to use lately. */
export type Peak =
  | {
    readonly mib: number;
    /** How long it was seen running, milliseconds: what it uses in a moment says little. */
    readonly watchedMs: number;
  }
  /** There are no figures of it: it did not run, as far as anybody remembers. */
  | "never_seen"
  /** The figures cannot be read. */
  | "unknown";
