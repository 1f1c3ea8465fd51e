import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import {
  isScratch,
  type OperationState,
  SCRATCH_LIFE_MS,
  type SignerSet,
} from "../../src/state/mod.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

const GUEST = {
  vmid: 901,
  transaction: "t",
  operation: "o",
  creation: "UPID:x",
  volumes: ["local:901/b.raw", "local:901/a.raw"],
  macs: ["bc:24:11:00:00:01"],
  at: 1000,
};

Deno.test("The time mark never goes back", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { timeMark } = opened.state;
      assertEquals(timeMark.get(), undefined);
      const moved = [500, 400, 500, 600].map((at) => timeMark.raise(at));
      assertEquals(moved, [true, false, false, true]);
    }
    using again = openIn(folder);
    assertEquals(again.state.timeMark.get(), 600);
  });
});

Deno.test("A new instance takes the place of the old one, and with it the doubt", async () => {
  await withState(({ instances }) => {
    instances.doubt("The node knows newer tasks", 5);
    instances.doubt("Another reason", 6);
    assertEquals(instances.current().doubt, "The node knows newer tasks");
    instances.renew("b", 7);
    assertEquals(instances.current(), {
      id: "b",
      createdAt: 7,
      startedAt: null,
      doubt: null,
      reseededAt: null,
    });
  });
});

Deno.test("A guest is known by what it was made of, until it is gone", async () => {
  await withState(({ guests }) => {
    guests.record(GUEST);
    assertEquals(guests.get(901), {
      vmid: 901,
      transaction: "t",
      operation: "o",
      creation: "UPID:x",
      volumes: ["local:901/a.raw", "local:901/b.raw"],
      macs: ["BC:24:11:00:00:01"],
      digest: null,
      lastDigest: null,
      madeAt: 1000,
      ranAt: null,
      desiredAt: null,
      scratchUntil: null,
      scratchLostAt: null,
      scratchLostWhy: null,
    });
    guests.gone(901, 2000);
    assertEquals(guests.get(901), undefined);
  });
});

Deno.test("Scratch lasts a day, and not a millisecond before or after", async () => {
  await withState(({ guests }) => {
    guests.record({ ...GUEST, scratch: true });
    const made = guests.get(901);
    if (made === undefined) throw new Error("Cannot find the guest");
    const scratchAt = (now: number) => isScratch(made, now);
    assertEquals(
      [999, 1000, 999 + SCRATCH_LIFE_MS, 1000 + SCRATCH_LIFE_MS].map(scratchAt),
      [false, true, true, false],
    );
  });
});

Deno.test("Scratch is lost for good once a desired state names the guest", async () => {
  await withState(({ guests }) => {
    guests.record({ ...GUEST, scratch: true });
    guests.record({ ...GUEST, vmid: 902, scratch: true });
    guests.named([901, 903], 1500);
    guests.named([901], 1600);
    const lost = guests.get(901);
    assertEquals(lost?.desiredAt, 1500);
    assertEquals([lost?.scratchLostAt, lost && isScratch(lost, 1700)], [1500, false]);
    const other = guests.get(902);
    assertEquals([other && isScratch(other, 1700), other?.desiredAt], [true, null]);
  });
});

Deno.test("Of the guests that were made as scratch those are told that are not gone, marked or not", async () => {
  await withState(({ guests }) => {
    for (const vmid of [904, 901, 903]) guests.record({ ...GUEST, vmid, scratch: true });
    guests.record({ ...GUEST, vmid: 902 });
    guests.loseScratch(904, 1100, "a test");
    guests.gone(903, 1200);
    assertEquals(guests.scratch().map(({ vmid }) => vmid), [901, 904]);
  });
});

Deno.test("The digest of a guest is kept as it was when it was made", async () => {
  await withState(({ guests }) => {
    guests.record({ ...GUEST, digest: "d" });
    assertEquals(guests.get(901)?.digest, "d");
    assertEquals(guests.get(901)?.lastDigest, "d");
    guests.leftAs(901, "e");
    assertEquals(guests.get(901)?.lastDigest, "d", "that of scratch alone is followed");
    guests.record({ ...GUEST, digest: "d", scratch: true });
    guests.leftAs(901, "e");
    assertEquals([guests.get(901)?.digest, guests.get(901)?.lastDigest], ["d", "e"]);
  });
});

Deno.test("No mark of an old state is good for anything, and none is dated anew", async () => {
  await withState(({ guests, snapshots }) => {
    guests.record({ ...GUEST, vmid: 901, scratch: true });
    guests.ran(901, 1100);
    guests.loseScratch(901, 1200, "a test");
    guests.record({ ...GUEST, vmid: 902, scratch: true });
    guests.record({ ...GUEST, vmid: 903 });
    for (const vmid of [902, 904]) {
      snapshots.record({
        ...{ vmid, name: "s", takenAt: 7, digest: "d", stoppedThroughout: true },
        ...{ transaction: "t", operation: "o2", at: 1100 },
      });
    }
    guests.endAll(5000);
    const marks = [901, 902, 903].map((vmid) => guests.get(vmid));
    assertEquals(
      marks.map((mark) => [mark?.ranAt, mark?.scratchLostAt]),
      [[1100, 1200], [5000, 5000], [5000, null]],
    );
    const throughout = [902, 904].map((vmid) => snapshots.get(vmid, "s")?.stoppedThroughout);
    assertEquals(throughout, [false, false]);
  });
});

Deno.test("That a guest ran is kept for good, whoever started it", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { guests, snapshots } = opened.state;
      guests.record(GUEST);
      guests.record({ ...GUEST, vmid: 902 });
      for (const vmid of [902, 903]) {
        snapshots.record({
          ...{ vmid, name: "s", takenAt: 7, digest: "d", stoppedThroughout: true },
          ...{ transaction: "t", operation: "o2", at: 1100 },
        });
      }
      assertEquals(guests.sawRunning([901, 903, 904], 1500), [901, 903]);
      assertEquals(guests.sawRunning([901, 903, 904], 1600), [], "it is known");
    }
    using again = openIn(folder);
    const { guests, snapshots } = again.state;
    assertEquals([901, 902].map((vmid) => guests.get(vmid)?.ranAt), [1500, null]);
    const throughout = [902, 903].map((vmid) => snapshots.get(vmid, "s")?.stoppedThroughout);
    assertEquals(throughout, [true, false]);
  });
});

Deno.test("Scratch that runs is none any more, unless the journal has its start", async () => {
  await withState(({ guests, operations }) => {
    const start = (vmid: number, state: "started" | "abandoned") => {
      const id = `start-${vmid}`;
      operations.authorise({
        ...{ id, transaction: null, vmid, action: { kind: "guest.start" } },
        ...{ origin: "selftest", evidence: {}, at: 1 },
      });
      operations.advance(id, state, { at: 1 });
    };
    start(903, "started");
    for (const vmid of [901, 902, 903, 904]) {
      const operation = `create-${vmid}`;
      operations.authorise({
        ...{ id: operation, transaction: null, vmid, action: { kind: "guest.create" } },
        ...{ origin: "selftest", evidence: {}, at: 1 },
      });
      guests.record({ ...GUEST, vmid, operation, scratch: true });
    }
    start(902, "started");
    start(904, "abandoned");
    guests.sawRunning([901, 902, 903, 904], 1500);
    const lost = [901, 902, 903, 904].map((vmid) => guests.get(vmid)?.scratchLostAt);
    assertEquals(lost, [1500, null, 1500, 1500], "902 alone was started after it was made");
  });
});

Deno.test("A rollback that began and is not known to have ended well is remembered", async () => {
  await withState(({ operations }) => {
    let made = 0;
    const rollback = (vmid: number, ...states: readonly OperationState[]) => {
      const id = `rollback-${++made}`;
      operations.authorise({
        ...{ id, transaction: null, vmid, action: { kind: "guest.rollback" } },
        ...{ origin: "job", evidence: {}, at: 1 },
      });
      for (const state of states) operations.advance(id, state, { at: 1 });
    };
    rollback(101, "started", "failed");
    operations.authorise({
      ...{ id: "snapshot", transaction: null, vmid: 101, action: { kind: "guest.snapshot" } },
      ...{ origin: "job", evidence: {}, at: 1 },
    });
    const ways: readonly (readonly [readonly OperationState[], boolean])[] = [
      [[], false],
      [["abandoned"], false],
      [["started", "succeeded"], false],
      [["started", "task_running", "succeeded"], false],
      [["started"], true],
      [["started", "task_running"], true],
      [["started", "failed"], true],
      [["started", "task_running", "failed"], true],
      [["started", "unknown"], true],
    ];
    for (const [index, [states]] of ways.entries()) rollback(200 + index, ...states);
    assertEquals(
      ways.map((_, index) => operations.rolledBackUncleanly(200 + index, "snapshot")),
      ways.map(([, unclean]) => unclean),
    );
    const before = ["snapshot", "nothing of the journal"].map((after) =>
      operations.rolledBackUncleanly(101, after)
    );
    assertEquals(before, [false, true], "what was before a snapshot is nothing to it");
  });
});

Deno.test("What any kept desired state names, it named once", async () => {
  await withState(({ desired }) => {
    const accept = (revision: string, guests: unknown) =>
      desired.accept({
        ...{ provider: "local", revision, digest: revision, acceptedAt: 1 },
        document: JSON.stringify({ version: 1, revision, guests }),
      });
    accept("1", { "901": { state: "running" } });
    accept("2", {});
    desired.accept({ provider: "hub", revision: "1", digest: "x", document: "{", acceptedAt: 1 });
    assertEquals([901, 90, 902].map((vmid) => desired.everNamed(vmid)), [true, false, false]);
  });
});

Deno.test("A VMID that is used again inherits nothing: neither scratch nor snapshots", async () => {
  await withState(({ guests, snapshots }) => {
    guests.record({ ...GUEST, scratch: true });
    snapshots.record({
      ...{ vmid: 901, name: "s", takenAt: 7, digest: null, stoppedThroughout: true },
      ...{ transaction: "t", operation: "o2", at: 1100 },
    });
    guests.record({ ...GUEST, operation: "o3", volumes: ["local:901/c.raw"], at: 1200 });
    const made = guests.get(901);
    assertEquals([made?.operation, made?.scratchUntil, made?.volumes], ["o3", null, [
      "local:901/c.raw",
    ]]);
    assertEquals(snapshots.get(901, "s"), undefined);
  });
});

Deno.test("A snapshot is known by its time, and one of the same name takes its place", async () => {
  await withState(({ guests, snapshots }) => {
    const made = {
      ...{ vmid: 101, name: "s", takenAt: 7, digest: "d", stoppedThroughout: true },
      ...{ transaction: "t", operation: "o", at: 1 },
    };
    snapshots.record(made);
    assertEquals(snapshots.get(101, "s"), made);
    snapshots.record({ ...made, takenAt: 8 });
    assertEquals(snapshots.get(101, "s")?.takenAt, 8);
    snapshots.record({ ...made, name: "s2" });
    snapshots.record({ ...made, vmid: 102 });
    guests.ran(101, 2);
    assertEquals(
      [...snapshots.of(101), ...snapshots.of(102)].map((
        mark,
      ) => [mark.name, mark.stoppedThroughout]),
      [["s", false], ["s2", false], ["s", true]],
    );
    snapshots.gone(101, "s", 9);
    assertEquals(snapshots.get(101, "s"), undefined);
  });
});

Deno.test("A set of signers follows the one in force, or is refused", async () => {
  await withState(({ signers }) => {
    const set = (given: Partial<SignerSet>): SignerSet => ({
      ...{ role: "operational", sequence: 1, digest: "d1", previous: null, content: "a\n" },
      ...{ origin: "file", operation: null, installedAt: 5 },
      ...given,
    });
    assertEquals(signers.current("operational"), undefined);
    signers.install(set({}));
    const refused = [
      set({}),
      set({ sequence: 2, previous: null }),
      set({ sequence: 2, previous: "d0" }),
      set({ sequence: 1, previous: "d1" }),
      set({ sequence: 3, previous: "d1", origin: "rotation", operation: "o" }),
      set({ sequence: 2, previous: "d1", role: "recovery" }),
    ];
    for (const wrong of refused) {
      assertEquals(assertThrows(() => signers.install(wrong), FelhomError).code, "state.conflict");
    }
    const next = set({
      sequence: 2,
      digest: "d2",
      previous: "d1",
      origin: "rotation",
      operation: "o",
    });
    signers.install(next);
    assertEquals(signers.current("operational"), next);
    assertEquals(signers.history("operational").map(({ digest }) => digest), ["d1", "d2"]);
    assertEquals(signers.current("recovery"), undefined);
  });
});

Deno.test("A desired state that comes again is no new one", async () => {
  await withState(({ desired }) => {
    const first = { provider: "hub", revision: "1", digest: "d", document: "{}", acceptedAt: 5 };
    const accepted = [
      first,
      { ...first, acceptedAt: 6 },
      { ...first, provider: "local" },
      { ...first, digest: "e" },
      first,
    ].map((revision) => desired.accept(revision));
    assertEquals(accepted, [true, false, true, true, true]);
    assertEquals(desired.current("hub"), first);
    assertEquals(desired.list("hub").map(({ digest }) => digest), ["d", "e", "d"]);
    assertEquals(desired.current("nobody"), undefined);
  });
});

Deno.test("A quarantine is set, replaced and lifted", async () => {
  await withState(({ quarantines }) => {
    const one = { vmid: 101, provider: "hub", revision: "1", failures: 5, reason: "x", since: 1 };
    quarantines.set(one);
    quarantines.set({ ...one, revision: "2" });
    assertEquals(quarantines.all(), [{ ...one, revision: "2" }]);
    assertEquals([quarantines.lift(101), quarantines.lift(101)], [true, false]);
    assertEquals(quarantines.all(), []);
  });
});
