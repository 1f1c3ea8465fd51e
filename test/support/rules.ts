import type { AllowLists } from "../../src/gate/mod.ts";
import type { Rules } from "../../src/reconcile/facts/read_facts.ts";

/** Allow-lists that have all that the tests' hosts have. */
export const ALLOW_ALL: AllowLists = {
  storages: ["local", "local-lvm", "local-zfs", "backup", "pbs"],
  bridges: ["vmbr0", "vmbr1"],
  vlans: [{ first: 1, last: 4094 }],
  addressPrefixes: [{ text: "0.0.0.0/0", first: 0, bits: 0 }],
};

/** Rules that are in nobody's way. */
export const RULES: Rules = { allowed: ALLOW_ALL, memoryOvercommit: 16 };
