import * as z from "zod";
import {
  backupVolid,
  bridge,
  epochSeconds,
  filesystemUuid,
  helperStorage,
  hostname,
  plainText,
  sha256,
  snapshotName,
  storage,
  templateVolid,
  vmid,
} from "./grammar.ts";
import type { ActionKind } from "./kinds.ts";
import { SETTINGS, settingsChange } from "./settings.ts";

const nothing = z.strictObject({});

/** Seconds that a guest has to go down; journals have such numbers, and the gate takes fewer. */
const timeout = z.int().min(1).max(7200);

/** A snapshot is named with the time it was taken at: another of the same name is another one. */
const takenSnapshot = z.strictObject({ snapshot: snapshotName, taken_at: epochSeconds });

/** The one interface of a new guest. It has no MAC address: Proxmox makes one (FACTS §3.4). */
const network = z.strictObject({
  bridge,
  vlan: z.int().min(1).max(4094).nullable(),
  ipv4: z.union([z.literal("dhcp"), z.literal("manual"), z.cidrv4()]),
  gateway: z.ipv4().nullable(),
  link_down: z.boolean(),
}).refine(({ ipv4, gateway }) => gateway === null || ipv4.includes("/"), {
  message: "a gateway without an address",
});

const disk = z.strictObject({ uuid: filesystemUuid });

/**
 * The parameters of each action, exactly: an unknown key is an error, and there are no defaults, so
 * that what is signed says everything that is done. The guest is not among them (`Action.guest`).
 */
export const PARAMS = {
  "guest.start": nothing,
  "guest.shutdown": z.strictObject({ timeout, then_kill: z.boolean() }),
  "guest.stop": nothing,
  "guest.restart": z.strictObject({ timeout }),
  "guest.settings": settingsChange,
  "guest.create": z.strictObject({
    /** The golden image: a backup of the container it was made from. */
    image: backupVolid,
    storage,
    hostname,
    network,
    // Whatever the image carries of these is not inherited (FACTS §3.4).
    cores: SETTINGS.cores,
    memory: SETTINGS.memory,
    swap: SETTINGS.swap,
    onboot: z.boolean(),
    tags: SETTINGS.tags,
    description: SETTINGS.description,
  }),
  "guest.snapshot": z.strictObject({
    snapshot: snapshotName,
    description: plainText(1024, { lines: true }),
  }),
  "guest.delete_snapshot": takenSnapshot,
  "guest.rollback": takenSnapshot,
  "guest.backup": z.strictObject({
    storage,
    mode: z.enum(["snapshot", "suspend", "stop"]),
    compress: z.enum(["0", "gzip", "lzo", "zstd"]),
    notes: plainText(1024, { lines: false }),
    protected: z.boolean(),
  }),
  "guest.prune": z.strictObject({
    /** The backups that go, each by its volume id: no rule, whose outcome could change, is signed. */
    backups: z.array(backupVolid).min(1).max(50)
      .refine((list) => new Set(list).size === list.length, { message: "the same backup twice" }),
  }),
  "guest.restore_over": z.strictObject({
    backup: backupVolid,
    storage,
    /** The fresh VMID it is restored to first; the guest itself is replaced in a second step. */
    new_vmid: vmid,
  }),
  "guest.destroy": z.strictObject({
    /** Whether it leaves backup jobs, replication and HA as well. */
    purge: z.boolean(),
  }),
  "disk.mount": disk,
  "disk.unmount": disk,
  "golden.create": z.strictObject({
    template: templateVolid,
    hostname,
    cores: z.int().min(1).max(128),
    /** MiB. */
    memory: z.int().min(64).max(1_048_576),
    rootfs: z.strictObject({ storage: helperStorage, gib: z.int().min(1).max(8192) }),
  }),
  "signers.rotate": z.strictObject({
    role: z.enum(["operational", "recovery"]),
    /** One more than the sequence of the set that is replaced. */
    sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    /** Digest of the set that is replaced. */
    replaces: sha256,
    /** The new set, in the format of OpenSSH's allowed_signers. */
    signers: plainText(12 * 1024, { lines: true }).min(1),
  }),
} as const satisfies Record<ActionKind, z.ZodType>;

/** The parameters of an action of one kind. */
export type Params<Kind extends ActionKind> = DeepReadonly<z.output<(typeof PARAMS)[Kind]>>;

/** A value none of whose parts can be written to. */
export type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;
