/** A golden image as it is pinned: a backup of the container it was made from. */
export interface GoldenImage {
  /** Volume id of the backup. */
  readonly volume: string;
  /** Its exact size. A file that was replaced is not what was pinned. */
  readonly bytes: number;
}

/** Volume id of an LXC backup on a directory storage or a Proxmox Backup Server, `@`, its size. */
const PINNED =
  /^([A-Za-z][A-Za-z0-9._-]{0,62}[A-Za-z0-9]:backup\/(?:vzdump-lxc-[1-9][0-9]{2,8}-[0-9]{4}_[0-9]{2}_[0-9]{2}-[0-9]{2}_[0-9]{2}_[0-9]{2}\.tar(?:\.(?:zst|gz|lzo))?|ct\/[1-9][0-9]{2,8}\/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z))@([1-9][0-9]{0,15})$/;

/** Reads `VOLID@BYTES`; answers with the reason when the text is none. */
export function parseGoldenImage(text: string): GoldenImage | { readonly reason: string } {
  const [, volume, size] = PINNED.exec(text) ?? [];
  if (volume === undefined || size === undefined) {
    return { reason: "it is not the volume id of a container's backup, @ and a number of bytes" };
  }
  const bytes = Number(size);
  if (!Number.isSafeInteger(bytes)) return { reason: "no backup is that large" };
  return { volume, bytes };
}
