/**
 * The grammars of everything a request may carry: positive, bounded character classes and nothing
 * else. Each is written in what POSIX extended and JavaScript regular expressions have in common,
 * because the same text checks the request (`protocol.ts`) and stands in the sudoers file
 * (`sudoers.ts`): what the one lets through, the other does.
 */
export interface Grammar {
  /** Without anchors. No dot outside a class, no negated class, no unbounded repetition. */
  readonly pattern: string;
  /** Longest text that fits, in characters. */
  readonly longest: number;
  /** A text that fits. */
  readonly example: string;
  /** Of a range the other end, when it has another one. */
  readonly farExample?: string;
}

/**
 * A storage id of Proxmox: a letter first, a letter or digit last (FACTS §3.1). Proxmox sets no
 * upper bound; ours is 32.
 */
export const STORAGE: Grammar = {
  pattern: "[A-Za-z][A-Za-z0-9_-]{0,30}[A-Za-z0-9]",
  longest: 32,
  example: "local-lvm",
};

/** A compressed container template on a storage, as a volid: no folder, no OCI image (`.tar`). */
export const TEMPLATE: Grammar = {
  pattern:
    `${STORAGE.pattern}:vztmpl/[A-Za-z0-9][A-Za-z0-9_+.-]{0,126}[A-Za-z0-9][.]tar[.](gz|xz|zst)`,
  longest: 32 + 8 + 128 + 8,
  example: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
};

/** One DNS label, lower case (RFC 1123). */
export const HOSTNAME: Grammar = {
  pattern: "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
  longest: 63,
  example: "golden",
};

/** The name of an enrolled disk: the last part of `/mnt/felhom/NAME`. */
export const DISK_NAME: Grammar = {
  pattern: "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?",
  longest: 32,
  example: "backup",
};

/** The UUID of an ext4 or xfs filesystem, as `blkid` prints it. */
export const FILESYSTEM_UUID: Grammar = {
  pattern: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
  longest: 36,
  example: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15",
};

/** A whole disk by its kernel name; the partition's SMART is the disk's. */
export const DISK_DEVICE: Grammar = {
  pattern: "/dev/((sd|vd)[a-z]{1,2}|nvme(0|[1-9][0-9]?)(n[1-9])?)",
  longest: 13,
  example: "/dev/sda",
};

/** Ids that a caller chooses, of a request and of its operation. */
export const CALLER_ID: Grammar = {
  pattern: "[A-Za-z0-9]([A-Za-z0-9_-]{0,63})",
  longest: 64,
  example: "op-01JD3K",
};

/** Bounds of what is a number in a request. The units are Proxmox's own. */
export const BOUNDS = {
  /** FACTS §3.1. */
  vmid: { first: 100, last: 999_999_999 },
  cores: { first: 1, last: 128 },
  /** MiB. */
  memory: { first: 64, last: 1_048_576 },
  /** GiB. */
  rootfs: { first: 1, last: 8192 },
} as const;

/** Whether `text` is of the grammar, the whole of it. */
export function fits(text: string, grammar: Grammar): boolean {
  return text.length <= grammar.longest && new RegExp(`^(?:${grammar.pattern})$`).test(text);
}
