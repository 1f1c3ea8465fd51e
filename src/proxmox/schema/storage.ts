import {
  array,
  flag,
  type Infer,
  integer,
  maybe,
  must,
  number,
  object,
  text,
  vmid,
  volid,
} from "./wire.ts";

const storageFields = {
  type: maybe(text),
  /** What it may hold, joined by commas, in no order. */
  content: maybe(text),
  /** Bytes; zero on a storage that is not active, which is no error (FACTS §5). */
  total: maybe(integer),
  used: maybe(integer),
  avail: maybe(integer),
  active: maybe(flag),
  enabled: maybe(flag),
  shared: maybe(flag),
};

export const storageSchema = object({
  ...storageFields,
  storage: must(text),
  used_fraction: maybe(number),
});
export const storagesSchema = array(storageSchema);
export type Storage = Infer<typeof storageSchema>;

export const storageStatusSchema = object(storageFields);
export type StorageStatus = Infer<typeof storageStatusSchema>;

/** A storage as it is configured. */
export const storageConfigSchema = object({
  storage: must(text),
  /** The folder of one that is a folder. */
  path: maybe(text),
  type: maybe(text),
  /** Of `zfspool`, the dataset; of `rbd`, the pool. */
  pool: maybe(text),
  vgname: maybe(text),
  thinpool: maybe(text),
});
export const storageConfigsSchema = array(storageConfigSchema);
export type StorageConfig = Infer<typeof storageConfigSchema>;

/** A volume. What the token may not see is left out without a word (FACTS §5). */
export const volumeSchema = object({
  volid: must(volid),
  /** `backup`, `rootdir`, `images`, `vztmpl`, `iso` or `snippets`. */
  content: must(text),
  format: maybe(text),
  /** Bytes. */
  size: maybe(integer),
  /** Seconds since the epoch; a backup's comes from its name. */
  ctime: maybe(integer),
  vmid: maybe(vmid),
  /** `lxc` or `qemu`; of a backup. */
  subtype: maybe(text),
  /** First line only. */
  notes: maybe(text),
  protected: maybe(flag),
  parent: maybe(text),
  used: maybe(integer),
});
export const volumesSchema = array(volumeSchema);
export type Volume = Infer<typeof volumeSchema>;

/** The text of a configuration file. */
export const backupConfigSchema = must(text);
