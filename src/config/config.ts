import type { Endpoint } from "./endpoint.ts";
import type { GoldenImage } from "./golden_image.ts";
import type { Ipv4Prefix } from "./ipv4.ts";
import type { StorageRatio } from "./overcommit.ts";
import type { Settings } from "./schema.ts";
import type { ApiToken } from "./token.ts";
import type { VlanRange } from "./vlan_range.ts";

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

/** Who may sign in a role, as the file says it. It is understood by who verifies signatures. */
export interface SignersFile {
  readonly path: string;
  /** In the format of OpenSSH's allowed_signers; empty when there is no file. */
  readonly text: string;
}

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
    /** What may be used for what is made; an empty list allows nothing. */
    readonly storages: readonly string[];
    readonly bridges: readonly string[];
    readonly vlans: readonly VlanRange[];
    readonly addressPrefixes: readonly Ipv4Prefix[];
  };
  readonly guests: {
    /** The VMIDs the agent may touch, both ends included. All others are read-only to it. */
    readonly managedVmids: { readonly first: number; readonly last: number };
    /** Those of them that are for drills and self-tests alone; undefined when none are set apart. */
    readonly drillVmids: { readonly first: number; readonly last: number } | undefined;
    /** What guests may be made from without a signature. */
    readonly goldenImages: readonly GoldenImage[];
    /** Memory and swap of all guests together, as a multiple of the node's memory. */
    readonly memoryOvercommit: number;
    /** How much may be given away of the storages that it names. */
    readonly overcommit: readonly StorageRatio[];
    /** Delays at startup, and at shutdown, of all managed guests together, seconds. */
    readonly startupDelays: number;
    readonly quotas: {
      /** Snapshots of one guest, and backups of one on one storage, that the agent made. */
      readonly snapshots: number;
      readonly backups: number;
      readonly hourly: Readonly<Settings["guests"]["hourly"]>;
    };
  };
  readonly reconcile: {
    /** Milliseconds between two passes, before they are spread. */
    readonly interval: number;
  };
  readonly privileged: {
    readonly mode: "socket" | "direct" | "off";
    readonly socket: string;
  };
  readonly operations: {
    /** How many have to sign, for each class of actions. */
    readonly thresholds: {
      readonly service: number;
      readonly data_loss: number;
      readonly trust: number;
    };
    /** Milliseconds. */
    readonly longestLifetime: number;
    /** Of a document whose operation loses data, milliseconds; the other one bounds it too. */
    readonly longestLifetimeDataLoss: number;
    /** The lowest sequence of each role's signers that signed work is done with; 0 for any. */
    readonly signersFloor: { readonly operational: number; readonly recovery: number };
    /** Digests (`SHA256:…`) of keys that sign nothing, whatever a file or the state says. */
    readonly revokedKeys: ReadonlySet<string>;
    /** How long a request that nobody signed waits to be carried out, milliseconds. */
    readonly unsignedLifetime: number;
  };
  readonly signers: { readonly operational: SignersFile; readonly recovery: SignersFile };
  /** The instance whose signers root wants taken from the files again; empty without a wish. */
  readonly reseed: SignersFile;
  readonly control: { readonly socket: string };
  readonly state: {
    readonly directory: string;
    /** Bytes its database may have. */
    readonly ceiling: number;
    /** Milliseconds that is kept which lasts. */
    readonly lasting: number;
  };
  readonly log: Settings["log"];
}
