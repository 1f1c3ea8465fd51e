import { integer, text } from "./parameter.ts";

/** A node's name. */
export const node = text({ format: "pve-node" });
/** A guest's number. */
export const vmid = integer({ format: "pve-vmid", minimum: 100, maximum: 999_999_999 });
/** A storage's name. */
export const storage = text({ format: "pve-storage-id" });
/** A snapshot's name, 2 to 40 characters. */
export const snapname = text({ format: "pve-configid", maxLength: 40 });
/** SHA-1 of a configuration file; a shorter one never matches (OBSERVED 21). */
export const digest = text({ maxLength: 40 }).optional();
/** `target` nodes and pools. */
export const poolid = text({ format: "pve-poolid" });
