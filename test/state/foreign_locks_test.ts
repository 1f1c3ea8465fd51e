import { assertEquals } from "@std/assert";
import { operation } from "./operation.ts";
import { withState } from "./state_folder.ts";

const MADE = {
  ...{ transaction: "t", creation: null, volumes: [], macs: [], at: 1000 },
  scratch: true,
};

Deno.test("A lock that is none of the agent's work ends what a guest's mark is good for, and is told once", async () => {
  await withState(({ guests, operations, snapshots }) => {
    for (const vmid of [901, 902, 903]) {
      operations.authorise(operation(`create-${vmid}`, { vmid, action: { kind: "guest.create" } }));
      guests.record({ ...MADE, vmid, operation: `create-${vmid}` });
    }
    // The agent's own backup of 902 is under way, and 904 has a snapshot of its own alone.
    operations.authorise(operation("backup", { vmid: 902, action: { kind: "guest.backup" } }));
    operations.advance("backup", "started", { at: 1100 });
    snapshots.record({
      ...{ vmid: 904, name: "s", takenAt: 7, digest: "d", stoppedThroughout: true },
      ...{ transaction: "t", operation: "o", at: 1100 },
    });
    const locks = [901, 902, 904, 905].map((vmid) => ({ vmid, lock: "backup" }));
    assertEquals(guests.sawLocked(locks, 1500), [901, 904]);
    assertEquals(guests.sawLocked(locks, 1600), [], "it is known");
    const marks = [901, 902, 903].map((vmid) => guests.get(vmid));
    assertEquals(
      marks.map((mark) => [mark?.ranAt, mark?.scratchLostAt]),
      [[1500, 1500], [null, null], [null, null]],
    );
    assertEquals(snapshots.get(904, "s")?.stoppedThroughout, false);

    // A lock of another kind is no backup's, whatever else is under way.
    assertEquals(guests.sawLocked([{ vmid: 902, lock: "mounted" }], 1700), [902]);
    // One that has run and is scratch yet has this to lose, and that is news as well.
    guests.ran(903, 1800);
    assertEquals(guests.sawLocked([{ vmid: 903, lock: "mounted" }], 1900), [903]);
    assertEquals(
      [902, 903].map((vmid) => guests.get(vmid)?.scratchLostAt),
      [1700, 1900],
    );
  });
});

Deno.test("A look that finds nothing, or names nobody, changes no mark", async () => {
  await withState(({ guests }) => {
    guests.record({ ...MADE, vmid: 901, operation: "o" });
    assertEquals([guests.sawLocked([], 1500), guests.sawRunning([], 1500)], [[], []]);
    guests.named([], 1500);
    const mark = guests.get(901);
    assertEquals([mark?.ranAt, mark?.scratchLostAt, mark?.desiredAt], [null, null, null]);
  });
});
