import * as z from "zod";
import { type Action, ACTION_KINDS, type ActionKind, entryOf } from "../action/mod.ts";
import { plainText, sha256, vmid } from "../action/grammar.ts";
import { instanceId } from "./instance_id.ts";
import { nonce } from "./nonce.ts";
import { utcSeconds } from "./utc_seconds.ts";

/** The version of the document this agent knows; it takes no other. */
export const DOCUMENT_VERSION = 1;

/** The longest document, in bytes. */
export const DOCUMENT_LIMIT = 16 * 1024;

/** The namespace that operations are signed in: `ssh-keygen -Y sign -n felhom-op-v1`. */
export const NAMESPACE = "felhom-op-v1";

/**
 * What a document says of the guest. `host`: it is about no guest. `free`: it is about a VMID that
 * is to become one. `named`: the guest is there, and its name has to be the signed one when it runs.
 * `identified`: data is lost, so what cannot be renamed has to be the signed one as well.
 */
export type Target = "host" | "free" | "named" | "identified";

/** A guest's name in Proxmox: its host name, or `CT` and its VMID. */
export const guestName = z.string().regex(
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/,
);

const HEAD = {
  v: z.literal(DOCUMENT_VERSION),
  op: z.string(),
  /** The node's name in Proxmox. */
  host: z.string().regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/),
  instance: instanceId,
};

const TARGETS = {
  host: {},
  free: { guest: vmid },
  named: { guest: vmid, name: guestName },
  identified: { guest: vmid, name: guestName, identity: sha256 },
} as const satisfies Record<Target, z.core.$ZodShape>;

const TAIL = {
  /** Checked by the kind's own schema. */
  params: z.record(z.string(), z.unknown()),
  nonce,
  not_before: utcSeconds,
  expires: utcSeconds,
  /** Why, for the audit log; nothing depends on it. */
  reason: plainText(500, { lines: false }).min(1),
};

const SCHEMAS = {
  host: z.strictObject({ ...HEAD, ...TARGETS.host, ...TAIL }),
  free: z.strictObject({ ...HEAD, ...TARGETS.free, ...TAIL }),
  named: z.strictObject({ ...HEAD, ...TARGETS.named, ...TAIL }),
  identified: z.strictObject({ ...HEAD, ...TARGETS.identified, ...TAIL }),
} as const satisfies Record<Target, z.ZodType>;

/** The frame of the documents of one target: every key but `params` is checked. */
export function frameOf(target: Target): (typeof SCHEMAS)[Target] {
  return SCHEMAS[target];
}

/** What an operator signs, after every value in it was checked. Its bytes are what counts. */
export interface OperationDocument {
  readonly v: typeof DOCUMENT_VERSION;
  readonly op: string;
  readonly host: string;
  readonly instance: string;
  /** Absent when it is about the host. */
  readonly guest?: number;
  /** Absent when there is no guest yet, or none at all. */
  readonly name?: string;
  /** There when data is lost. */
  readonly identity?: string;
  readonly params: Action["params"];
  readonly nonce: string;
  /** As `2026-11-20T10:00:00Z`. */
  readonly not_before: string;
  readonly expires: string;
  readonly reason: string;
}

/** What the document of a kind says of the guest. */
export function targetOf(kind: ActionKind): Target {
  switch (kind) {
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return "host";
    case "guest.create":
    case "golden.create":
      return "free";
    default:
      return entryOf(kind).class === "data_loss" ? "identified" : "named";
  }
}

const KINDS = new Map(
  ACTION_KINDS.flatMap((kind): [string, ActionKind][] => {
    const { operation } = entryOf(kind);
    return operation === null ? [] : [[operation, kind]];
  }),
);

/** Every operation that can be signed, by the name it has in a document. */
export const OPERATIONS: readonly string[] = [...KINDS.keys()];

/** The kind of action that an operation's name stands for; `undefined` for every other text. */
export function kindOfOperation(operation: string): ActionKind | undefined {
  return KINDS.get(operation);
}
