import { assertEquals } from "@std/assert";
import { POLICY } from "../../src/gate/mod.ts";

const HOUR = 3_600_000;

Deno.test("What holds unless something else is said is what DESIGN says, number by number", () => {
  assertEquals(POLICY, {
    guestStops: { most: 6, within: HOUR },
    guestRestarts: { most: 6, within: HOUR },
    hostStops: { most: 600, within: HOUR },
    hostRestarts: { most: 600, within: HOUR },
    guestStarts: { most: 12, within: HOUR },
    hostStarts: { most: 600, within: HOUR },
    heldAfter: 600_000,
    guestSettings: { most: 60, within: HOUR },
    hostSettings: { most: 1200, within: HOUR },
    asked: { guests: 3, share: 0.2 },
    hourly: { snapshots: 240, backups: 60, creates: 60, restores: 60 },
    overcommit: {
      storages: {},
      types: { lvm: 1, lvmthin: 1.5, zfspool: 1.5, btrfs: 1.5, dir: 1.5, rbd: 1.5 },
      otherwise: 1,
    },
    signedShare: 0.1,
    quietAfterSigned: 600_000,
    startupDelays: 1800,
    snapshots: 8,
    backups: 32,
    reserve: { bytes: 5_368_709_120, share: 0.1 },
    metadata: 0.8,
    watchedEnough: 86_400_000,
    margin: { mib: 64, share: 0.125 },
    undoing: 600_000,
  });
});
