import type { ActionClass } from "../action/mod.ts";
import type { Retry } from "../errors.ts";

/** Whether something that cannot be had again may be lost. */
export type Risk = "benign" | "destructive";

/** What makes an action benign: README.md of this folder says what each rests on. */
export const BENIGN_GROUNDS = [
  "loses_nothing",
  "interrupts_only",
  "closed_list",
  "pinned_image",
  "own_transaction",
  "own_scratch",
  "own_snapshot",
] as const;

export type BenignGround = typeof BENIGN_GROUNDS[number];

/** What the classifier says of an action. */
export type Verdict =
  | { readonly risk: "benign"; readonly ground: BenignGround }
  | { readonly risk: "destructive"; readonly why: string };

/** What there is to say of a refusal. */
interface RefusalEntry {
  readonly summary: string;
  /** "safe" when it passes by itself and may be asked again later; "never" when something must change. */
  readonly retry: Exclude<Retry, "unknown">;
}

/** Why an action is refused, whoever signs it. A closed list. */
export const REFUSALS = {
  unknown_kind: { retry: "never", summary: "The action is none that the product knows." },
  setting_not_listed: { retry: "never", summary: "The setting is not on the closed list." },
  malformed: { retry: "never", summary: "The action's parameters do not hold." },
  facts_mismatch: { retry: "never", summary: "What was read is about another guest." },
  not_managed: { retry: "never", summary: "The VMID is outside the managed range." },
  no_such_guest: { retry: "never", summary: "There is no such guest." },
  guest_elsewhere: {
    retry: "never",
    summary: "Under the VMID stands a guest of another node, or a virtual machine.",
  },
  guest_unreadable: {
    retry: "safe",
    summary: "The guest, or its configuration, cannot be read now.",
  },
  image_unreadable: { retry: "safe", summary: "The golden image cannot be looked at now." },
  vmid_taken: { retry: "never", summary: "The VMID is not free." },
  snapshot_missing: { retry: "never", summary: "The guest has no such snapshot." },
  snapshot_replaced: {
    retry: "never",
    summary: "The snapshot of this name was taken at another time.",
  },
  snapshot_not_latest: {
    retry: "never",
    summary: "The guest's storage goes back to its latest snapshot alone, and this one is not.",
  },
  signed_work_first: {
    retry: "safe",
    summary: "Signed work of the guest, or a rollback that is to be signed, comes first.",
  },
  identity_unknown: {
    retry: "never",
    summary: "The guest shows nothing that it could be told by.",
  },
  memory_in_use: {
    retry: "safe",
    summary: "The guest uses more memory or swap than would be left to it.",
  },
  usage_unknown: { retry: "safe", summary: "What the guest uses now is not known." },
  setting_out_of_bounds: {
    retry: "never",
    summary: "The setting is outside its bounds.",
  },
  startup_delays: {
    retry: "safe",
    summary: "The managed guests would hold up the host's start or stop for too long together.",
  },
  startup_unknown: {
    retry: "safe",
    summary: "By how much the managed guests hold up the host's start and stop is not known.",
  },
  timeout_out_of_bounds: {
    retry: "never",
    summary: "The guest would be given more time to go down than it may have.",
  },
  memory_over_node: {
    retry: "never",
    summary: "It is more memory and swap than the node has.",
  },
  memory_overcommitted: {
    retry: "safe",
    summary: "The guests would be promised more memory and swap together than is allowed.",
  },
  memory_unknown: {
    retry: "safe",
    summary: "What memory the node has, and what guests are promised, is not known.",
  },
  not_allow_listed: {
    retry: "never",
    summary: "The configuration does not allow the storage, bridge, VLAN or address.",
  },
  bad_address: { retry: "never", summary: "No guest can have the address." },
  interfaces_unknown: {
    retry: "safe",
    summary: "Which interfaces the restore would bring back is not known.",
  },
  mac_in_use: {
    retry: "safe",
    summary: "Another guest with the same MAC runs, or is being started.",
  },
  disk_in_use: { retry: "safe", summary: "A storage or a guest uses an enrolled disk." },
  disk_use_unknown: {
    retry: "safe",
    summary: "Whether a storage or a guest uses an enrolled disk cannot be told.",
  },
  stop_budget: { retry: "safe", summary: "Too many stops in too short a time." },
  restart_budget: { retry: "safe", summary: "Too many restarts in too short a time." },
  start_budget: { retry: "safe", summary: "Too many starts in too short a time." },
  settings_budget: {
    retry: "safe",
    summary: "Too many changes of settings in too short a time.",
  },
  asked_budget: {
    retry: "safe",
    summary: "Too many guests would be interrupted that no operator asked for.",
  },
  hourly_cap: { retry: "safe", summary: "The storage had as many of these as an hour allows." },
  space_overcommit: {
    retry: "safe",
    summary: "More of the storage would be given away than may be.",
  },
  space_reserve: { retry: "safe", summary: "The free space to be kept would not be kept." },
  space_unknown: {
    retry: "safe",
    summary: "How much space there is, or would be used, is not known.",
  },
  snapshot_cap: { retry: "never", summary: "The guest has as many snapshots as it may have." },
  backup_cap: {
    retry: "never",
    summary: "The guest has as many backups on the storage as it may have.",
  },
  not_signable: { retry: "never", summary: "No signature can allow this." },
  already_dispatched: { retry: "never", summary: "The operation has had its permit." },
  audit_unwritable: {
    retry: "safe",
    summary: "The decision cannot be written down, and what it allows cannot be undone.",
  },
} as const satisfies Record<string, RefusalEntry>;

/** Code of a refusal. */
export type Refusal = keyof typeof REFUSALS;

/** Whether a code is a refusal of the gate's, and none of an error. */
export function isRefusal(code: string): code is Refusal {
  return Object.hasOwn(REFUSALS, code);
}

/** What the gate says to an intent. A decision lets nothing through: a permit does. */
export type Decision =
  | {
    readonly outcome: "allowed";
    readonly risk: Risk;
    readonly ground: BenignGround | "signed";
  }
  | {
    readonly outcome: "pending_signature";
    /** Name of the operation to be signed. */
    readonly operation: string;
    readonly class: ActionClass;
    readonly why: string;
  }
  | { readonly outcome: "refused"; readonly code: Refusal; readonly why: string };

/** A refusal by its code. */
export function refuse(
  code: Refusal,
  why: string = REFUSALS[code].summary,
): Extract<Decision, { outcome: "refused" }> {
  return { outcome: "refused", code, why };
}
