import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { isScratch, SCRATCH_LIFE_MS, type SignerSet } from "../../src/state/mod.ts";
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
    assertEquals(instances.current(), { id: "b", createdAt: 7, startedAt: null, doubt: null });
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
      madeAt: 1000,
      scratchUntil: null,
      scratchLostAt: null,
    });
    guests.gone(901, 2000);
    assertEquals(guests.get(901), undefined);
  });
});

Deno.test("Scratch lasts an hour, and not a millisecond before or after", async () => {
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
    assertEquals(guests.loseScratch([901, 903], 1500), 1);
    assertEquals(guests.loseScratch([901], 1600), 0);
    const lost = guests.get(901);
    assertEquals([lost?.scratchLostAt, lost && isScratch(lost, 1700)], [1500, false]);
    const other = guests.get(902);
    assertEquals(other && isScratch(other, 1700), true);
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
  await withState(({ snapshots }) => {
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
    snapshots.wasStarted(101);
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
      set({ sequence: 3, previous: "d1" }),
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
