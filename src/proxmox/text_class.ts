import type { ErrorCode } from "../errors.ts";
import { missingPrivilege } from "./privilege.ts";

/** What a text of Proxmox's means. */
export interface TextClass {
  readonly code: ErrorCode;
  readonly hint: string;
}

const ROOT_ONLY =
  "No token can do this, not even one of root@pam; it is for the host's administrator to decide.";
const FORBIDDEN =
  "Grant the privilege to the token and to its owner (felhom-agent selftest prints the commands).";

/**
 * Texts of answers with status 500 and of failed tasks, since status alone says nothing: there is no
 * 404, 409 or 503 (FACTS §1.3, §7.5). The first that matches decides.
 */
const CLASSES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /detected modified configuration/,
    "proxmox.modified",
    "Read the configuration again and decide anew.",
  ],
  [
    /got timeout|got lock request timeout|locked command timed out|no quorum|cluster not ready|replication running\?|RPCEnvironment init request failed/,
    "proxmox.busy",
    "Wait; if it stays, look for running tasks, quorum (pvecm status) and pve-cluster on the node.",
  ],
  [
    /is locked \([a-z-]+\)|is locked$/,
    "proxmox.locked",
    "Wait for the task that holds the lock. When none does, look before anything is cleared (pct " +
    "config, pct listsnapshot, lvs): a snapshot may be the only copy.",
  ],
  [
    /protection mode enabled|cannot remove protected volume/,
    "proxmox.protected",
    "It stays as it is; whoever set the protection decides.",
  ],
  [
    /already running|not running|container is running|can't overwrite running container|cannot move volumes of a running|if it's a template|used in HA resources|There is a replication job/,
    "proxmox.state",
    "Read the guest's state again.",
  ],
  [
    /already exists|already used/,
    "proxmox.exists",
    "Choose another number or name, or use what is there.",
  ],
  // A bridge that is missing is none of these: such a PUT is saved although it fails (OBSERVED 22).
  [
    /^Configuration file '[^']*' does not exist|^unable to find VM|Backup of VM \d+ failed - unable to find VM|snapshot '[^']*' does not exist|volume '[^']*' does not exist|^no such task|^No such storage|storage '[^']*' does not exist/,
    "proxmox.missing",
    "Check the name; a guest may also be on another node, or be destroyed meanwhile.",
  ],
  [
    /hostname lookup '[^']*' failed/,
    "proxmox.missing",
    "Check proxmox.node: it is the name that the node has in Proxmox (see: hostname).",
  ],
  [
    /storage '[^']*' is (?:disabled|not (?:available|online))|unable to activate storage|could not activate storage|connection check for storage|wrong content type|does not support container directories/,
    "proxmox.storage",
    "Look at the storage on the node (pvesm status).",
  ],
  [
    /snapshot feature is not available/,
    "proxmox.unsupported",
    "The guest has a volume on a storage without snapshots, or a bind mount.",
  ],
  [
    /is not most recent snapshot/,
    "proxmox.unsupported",
    "On this storage only the newest snapshot can be rolled back to.",
  ],
  [
    /reserved name|no options specified|unable to modify read-only option|unable to shrink disk size|disk is already at specified size|'rootfs' not set|content type needs to be|unable to detect disk size/,
    "proxmox.bad_parameter",
    "The request itself is wrong; it fails again however often it is sent.",
  ],
  [
    /did not stop|startup for container '[^']*' failed/,
    "proxmox.guest_failed",
    "Look into the guest: its processes did not do as they were told.",
  ],
  [
    /received interrupt|interrupted by signal/,
    "proxmox.interrupted",
    "Somebody aborted the task, or the daemon was stopped. Look before anything is cleared (pct " +
    "config, pct listsnapshot, lvs): a snapshot may be the only copy.",
  ],
];

/** What the text means; `undefined` for a text of no known class. */
export function classifyText(text: string): TextClass | undefined {
  const missing = missingPrivilege(text);
  if (missing?.rootOnly === true) return { code: "proxmox.root_only", hint: ROOT_ONLY };
  if (missing !== undefined) return { code: "proxmox.forbidden", hint: FORBIDDEN };
  const found = CLASSES.find(([pattern]) => pattern.test(text));
  return found === undefined ? undefined : { code: found[1], hint: found[2] };
}
