/**
 * Grammars and bounds of what an action may carry: positive, bounded character classes. They are
 * never wider than what Proxmox takes (FACTS §3.1), so that what is signed is what can be done.
 */
import * as z from "zod";

/** A VMID (FACTS §3.1). */
export const vmid = z.int().min(100).max(999_999_999);

const STORAGE_ID = "[A-Za-z][A-Za-z0-9._-]{0,62}[A-Za-z0-9]";

/** Id of a storage; Proxmox sets no upper bound, ours is 64 characters. */
export const storage = z.string().regex(new RegExp(`^${STORAGE_ID}$`));

/** An LXC backup on a directory storage or a Proxmox Backup Server (FACTS §4). */
const BACKUP = new RegExp(
  `^${STORAGE_ID}:backup/(?:vzdump-lxc-([1-9][0-9]{2,8})-[0-9]{4}_[0-9]{2}_[0-9]{2}-[0-9]{2}_[0-9]{2}_[0-9]{2}` +
    `\\.tar(?:\\.(?:zst|gz|lzo))?|ct/([1-9][0-9]{2,8})/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$`,
);

/** Volume id of an LXC backup, as `local:backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst`. */
export const backupVolid = z.string().max(255).regex(BACKUP);

/** The guest that a backup was made of, or `undefined` for a text that is no backup's volume id. */
export function ownerOfBackup(volid: string): number | undefined {
  const [, file, group] = BACKUP.exec(volid) ?? [];
  const owner = file ?? group;
  return owner === undefined ? undefined : Number(owner);
}

const HELPER_STORAGE = "[A-Za-z][A-Za-z0-9_-]{0,30}[A-Za-z0-9]";

/** Id of a storage, as far as the helper takes it: at most 32 characters, no dot. */
export const helperStorage = z.string().regex(new RegExp(`^${HELPER_STORAGE}$`));

/**
 * Volume id of a compressed container template, as far as the helper takes it; an OCI image (`.tar`)
 * is none (FACTS §3.1).
 */
export const templateVolid = z.string().regex(
  new RegExp(
    `^${HELPER_STORAGE}:vztmpl/[A-Za-z0-9][A-Za-z0-9_+.-]{0,126}[A-Za-z0-9]\\.tar\\.(?:gz|xz|zst)$`,
  ),
);

/** Name of a snapshot; `current` and `vzdump` are Proxmox's own (FACTS §3.1). */
export const snapshotName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{1,39}$/)
  .refine((name) => !/^(?:current|vzdump)$/i.test(name), { message: "reserved by Proxmox" });

/** Seconds since the epoch, as Proxmox's `snaptime`. */
export const epochSeconds = z.int().min(1).max(253_402_300_799);

/** One DNS label, lower case. */
export const hostname = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);

/** Name of a bridge: an interface name of Linux, at most 15 characters. */
export const bridge = z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,14}$/);

/** UUID of a filesystem, as `blkid` prints it. */
export const filesystemUuid = z.string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);

/** A SHA-256 digest with its name. */
export const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/**
 * What makes a text read otherwise than it is: control and format characters, halves of pairs, what
 * is private or not assigned, line ends of other kinds, and what shows nothing (letters that are blank,
 * variation selectors). No signed document may hold one of them either.
 */
export const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Text without characters that hide or turn around what it says: no control characters, nothing
 * invisible, nothing bidirectional, no half of a pair.
 */
export function plainText(longest: number, { lines }: { readonly lines: boolean }): z.ZodString {
  return z.string().max(longest).refine(
    (text) => !HIDDEN.test(lines ? text.replaceAll("\n", "") : text),
    { message: "a control, invisible or bidirectional character" },
  );
}
