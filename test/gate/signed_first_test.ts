import { assertEquals, assertStringIncludes } from "@std/assert";
import { decide, type Facts, POLICY } from "../../src/gate/mod.ts";
import { ACTION, config, facts, here, intentTo, MINUTE, NOW, SNAPSHOT } from "./scene.ts";

const QUIET = { open: false, lastAt: null, rollbackWishedBy: [] };

function said(
  signedWork: Partial<NonNullable<Facts["signedWork"]>>,
  source: "hub" | "control socket" | "agent" = "hub",
): string {
  const about = facts({ signedWork: { ...QUIET, ...signedWork } });
  const decision = decide(intentTo(ACTION.snapshot, { source }), about);
  return decision.outcome === "refused" ? decision.code : decision.outcome;
}

Deno.test("No snapshot gets in the way of signed work of its guest that waits or was taken lately", () => {
  const first = "signed_work_first";
  assertEquals(said({}), "allowed");
  assertEquals(said({ open: true }), first);
  const at = (ms: number) => said({ lastAt: NOW + ms });
  assertEquals(POLICY.quietAfterSigned, 10 * MINUTE);
  assertEquals(
    [at(0), at(1 - 10 * MINUTE), at(-10 * MINUTE), at(10 * MINUTE - 1), at(10 * MINUTE)],
    [first, first, "allowed", first, "allowed"],
  );
  for (const source of ["hub", "control socket", "agent"] as const) {
    assertEquals(said({ open: true }, source), first);
    assertEquals(said({ rollbackWishedBy: ["control socket"] }, source), first);
  }
});

Deno.test("What a hub wishes holds up no snapshot but its own", () => {
  assertEquals(said({ rollbackWishedBy: ["hub"] }, "hub"), "signed_work_first");
  assertEquals(said({ rollbackWishedBy: ["hub"] }, "control socket"), "allowed");
  assertEquals(said({ rollbackWishedBy: ["hub"] }, "agent"), "allowed");
});

Deno.test("Whose snapshot has to wait is told why, and for how long", () => {
  const signedWork = { ...QUIET, lastAt: NOW - 3 * MINUTE };
  const decision = decide(intentTo(ACTION.snapshot), facts({ signedWork }));
  assertEquals(decision, {
    outcome: "refused",
    code: "signed_work_first",
    why: "No snapshot of guest 101 is taken now: signed work of it was taken within 10 min; one " +
      "fits in 7 min. A newer snapshot could keep the guest from going back to an older one.",
  });
});

Deno.test("Nothing but a snapshot waits for signed work", () => {
  const signedWork = { open: true, lastAt: NOW, rollbackWishedBy: ["control socket", "hub"] };
  for (const action of [ACTION.start, ACTION.backup, ACTION.settings, ACTION.stop]) {
    assertEquals(decide(intentTo(action), facts({ signedWork })).outcome, "allowed");
  }
});

const ON_ZFS = { latestOnly: ["tank"], snapshotUnderWay: false };

function back(
  snapshots: readonly { readonly name: string; readonly takenAt: number }[],
  rollback: Facts["rollback"],
): string {
  const place = here({ config: config({ snapshots }) });
  const decision = decide(intentTo(ACTION.rollback), facts({ place, rollback }), { signed: true });
  return decision.outcome === "refused" ? `${decision.code}: ${decision.why}` : decision.outcome;
}

Deno.test("A signed rollback to another snapshot than the latest is refused where the storage takes no other", () => {
  const older = { name: "older", takenAt: SNAPSHOT.takenAt - 1 };
  const newer = { name: "hub-1", takenAt: SNAPSHOT.takenAt + 1 };
  assertEquals(back([SNAPSHOT], ON_ZFS), "allowed");
  assertEquals(back([older, SNAPSHOT], ON_ZFS), "allowed");
  assertEquals(
    back([older, SNAPSHOT, newer], ON_ZFS),
    "snapshot_not_latest: Guest 101 goes back to its latest snapshot alone (its volumes lie on " +
      "tank), and hub-1 is newer than before. Delete what is newer first, each with a signature, " +
      "or restore a backup.",
  );
  assertEquals(back([SNAPSHOT, newer], { ...ON_ZFS, latestOnly: [] }), "allowed");
  assertEquals(back([SNAPSHOT, newer], null), "allowed");
  const taking = { ...ON_ZFS, snapshotUnderWay: true };
  assertStringIncludes(back([SNAPSHOT], taking), "another one is being taken");
  assertEquals(back([SNAPSHOT], { ...taking, latestOnly: [] }), "allowed");
});
