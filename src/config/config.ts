import type { Endpoint } from "./endpoint.ts";
import type { Settings } from "./schema.ts";
import type { ApiToken } from "./token.ts";

/** How the Proxmox server's certificate is judged. Exactly one way. */
export type Trust =
  | {
    readonly kind: "fingerprint";
    /** SHA-256 of the leaf: 32 upper-case pairs joined by colons. */
    readonly sha256: string;
  }
  | {
    readonly kind: "ca";
    readonly path: string;
    /** One or more certificates, every one an authority's and in force. */
    readonly pem: string;
  }
  /** Only ever towards a loopback address. */
  | { readonly kind: "insecure" };

/** The configuration, read, checked and complete. It is read once: a change is a restart. */
export interface Config {
  /** Where it was read, for messages. */
  readonly path: string;
  /** Whether there is a file; when there is none, the environment said it all. */
  readonly fileFound: boolean;
  readonly proxmox: {
    readonly endpoint: Endpoint;
    readonly node: string;
    readonly token: ApiToken;
    readonly trust: Trust;
    /** Storages and bridges the agent uses, for the preflight of its rights. */
    readonly storages: readonly string[];
    readonly bridges: readonly string[];
  };
  readonly guests: {
    /** The VMIDs the agent may touch, both ends included. All others are read-only to it. */
    readonly managedVmids: { readonly first: number; readonly last: number };
  };
  readonly privileged: {
    readonly mode: "socket" | "direct" | "off";
    readonly socket: string;
  };
  readonly control: { readonly socket: string };
  readonly state: { readonly directory: string };
  readonly log: Settings["log"];
}
