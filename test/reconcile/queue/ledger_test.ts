import { assert, assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import type { DesiredState } from "../../../src/reconcile/desired/desired_state.ts";
import type { Told } from "../../../src/reconcile/plan/guest_plan.ts";
import type { Blame } from "../../../src/reconcile/queue/blame.ts";
import { QUARANTINE_AFTER } from "../../../src/reconcile/queue/guest_record.ts";
import { Ledger, type QuarantinePort } from "../../../src/reconcile/queue/ledger.ts";
import type { Quarantine } from "../../../src/state/mod.ts";
import { inFolder, openIn, withState } from "../../state/state_folder.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const R1 = { provider: "local", revision: "r1" };
const R2 = { provider: "local", revision: "r2" };

function desired(of: typeof R1, ...vmids: number[]): DesiredState {
  const guest = (vmid: number) => ({ vmid, settings: {}, restart: "never" }) as const;
  return { ...of, guests: new Map(vmids.map((vmid) => [vmid, guest(vmid)])) };
}

/** A port that keeps in memory. */
function memory(): QuarantinePort & { readonly kept: Map<number, Quarantine> } {
  const kept = new Map<number, Quarantine>();
  return {
    kept,
    all: () => [...kept.values()],
    set: (quarantine) => void kept.set(quarantine.vmid, quarantine),
    lift: (vmid) => kept.delete(vmid),
  };
}

function rig(quarantines: QuarantinePort = memory(), clock = new FakeClock()) {
  const ledger = new Ledger({ quarantines, clock, random: () => 0.5 });
  const fail = (vmid: number, { of = R1, blame = "revision" as Blame, times = 1 } = {}) => {
    for (let i = 0; i < times; i++) {
      ledger.failed(vmid, { of, step: "start", problem: "it has no disk", blame });
    }
  };
  return { clock, ledger, fail };
}

function told(code: Told["code"]): Told {
  return { code, message: "It is so" };
}

Deno.test("A guest that nothing is known of may be worked on", () => {
  const { ledger } = rig();
  assertEquals(ledger.turn(101), { may: true });
  ledger.follow(desired(R1, 101));
  assertEquals(ledger.turn(101), { may: true });
  assertEquals(ledger.record(101)?.converged, false);
  assertEquals(ledger.record(102), undefined);
});

Deno.test("A failed try delays the next one, twice as long each time, whoever asks meanwhile", async () => {
  const { clock, ledger, fail } = rig();
  ledger.follow(desired(R1, 101));
  for (const inMs of [2_000, 4_000, 8_000]) {
    fail(101);
    ledger.follow(desired(R1, 101));
    ledger.lookedAt(101, { of: R1, steps: 1, told: [] });
    assertEquals(ledger.turn(101), { may: false, inMs });
    await clock.advance(inMs - 1);
    assertEquals(ledger.turn(101), { may: false, inMs: 1 });
    await clock.advance(1);
    assertEquals(ledger.turn(101), { may: true });
  }
});

Deno.test("Another time of the wall clock does not shorten the back-off", () => {
  const { clock, ledger, fail } = rig();
  ledger.follow(desired(R1, 101));
  fail(101);
  clock.jump(86_400_000);
  assertEquals(ledger.turn(101), { may: false, inMs: 2_000 });
});

Deno.test("The last step is remembered, with its end and its time", async () => {
  const { clock, ledger, fail } = rig();
  ledger.follow(desired(R1, 101));
  assertEquals(ledger.record(101)?.last, null);
  fail(101);
  const at = clock.now();
  assertEquals(ledger.record(101)?.last, { step: "start", at, problem: "it has no disk" });
  await clock.advance(10);
  ledger.succeeded(101, { of: R1, step: "set cores 1 -> 2" });
  assertEquals(ledger.record(101)?.last, { step: "set cores 1 -> 2", at: at + 10, problem: null });
});

Deno.test("Five failures of the revision are quarantine, four are not", async () => {
  const quarantines = memory();
  const { clock, ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101, 102));
  fail(101, { times: QUARANTINE_AFTER - 1 });
  assertEquals(quarantines.kept.size, 0);
  fail(101);
  const kept = {
    vmid: 101,
    ...R1,
    failures: 5,
    reason: "it has no disk",
    since: clock.now(),
  };
  assertEquals([...quarantines.kept.values()], [kept]);
  assertEquals(QUARANTINE_AFTER, 5);
  await clock.advance(86_400_000);
  assertEquals(ledger.turn(101), { may: false, inMs: null });
  assertEquals(ledger.turn(102), { may: true });
  fail(101);
  assertEquals([...quarantines.kept.values()], [kept], "A quarantine is written once");
  assertEquals(ledger.record(101)?.quarantinedSince, kept.since);
});

Deno.test("What is nobody's fault at the guest backs off and never leads to quarantine", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  fail(101, { blame: "circumstances", times: 100 });
  assertEquals(quarantines.kept.size, 0);
  assertEquals(ledger.turn(101), { may: false, inMs: 300_000 });
  fail(101, { times: 4 });
  assertEquals(quarantines.kept.size, 0);
  fail(101, { blame: "circumstances" });
  assertEquals(quarantines.kept.size, 0, "Only those that count are counted");
  fail(101);
  assertEquals(quarantines.kept.size, 1);
});

Deno.test("A success in between does not hide a step that always fails", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  for (let i = 0; i < 5; i++) {
    ledger.succeeded(101, { of: R1, step: "set description" });
    fail(101);
  }
  assertEquals(quarantines.kept.size, 1);
});

Deno.test("Failures are forgotten once the guest is as desired", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  for (let i = 0; i < 3; i++) {
    fail(101, { times: 4 });
    ledger.lookedAt(101, { of: R1, steps: 0, told: [] });
    assertEquals(ledger.turn(101), { may: true });
    assertEquals(ledger.record(101)?.converged, true);
  }
  fail(101);
  assertEquals(ledger.turn(101), { may: false, inMs: 2_000 });
  assertEquals(ledger.record(101)?.converged, false);
  assertEquals(quarantines.kept.size, 0);
});

for (
  const [steps, codes, converged] of [
    [0, [], true],
    [0, ["pending_elsewhere"], true],
    [1, [], false],
    [0, ["pending_elsewhere", "needs_restart"], false],
    [0, ["not_there"], false],
    [0, ["locked"], false],
    [0, ["template"], false],
    [0, ["unreadable"], false],
    [0, ["not_managed"], false],
  ] as const
) {
  const not = converged ? "" : " not";
  Deno.test(`With ${steps} steps left and told [${codes}] a guest is${not} as desired`, () => {
    const { ledger, fail } = rig();
    ledger.follow(desired(R1, 101));
    fail(101);
    ledger.lookedAt(101, { of: R1, steps, told: codes.map(told) });
    assertEquals(ledger.record(101)?.converged, converged);
    assertEquals(ledger.record(101)?.told, codes.map(told));
    assertEquals(ledger.turn(101).may, converged, "Failures are forgotten then, and only then");
  });
}

Deno.test("A guest that drifts again is not converged any more", () => {
  const { ledger } = rig();
  ledger.follow(desired(R1, 101));
  ledger.lookedAt(101, { of: R1, steps: 0, told: [] });
  ledger.lookedAt(101, { of: R1, steps: 1, told: [] });
  assertEquals(ledger.record(101)?.converged, false);
  ledger.lookedAt(101, { of: R1, steps: 0, told: [] });
  ledger.succeeded(101, { of: R1, step: "start" });
  assertEquals(ledger.record(101)?.converged, false, "Nobody has looked since");
});

Deno.test("A quarantine stays when somebody else mends the guest", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  fail(101, { times: 5 });
  ledger.lookedAt(101, { of: R1, steps: 0, told: [] });
  assertEquals(ledger.turn(101), { may: false, inMs: null });
  assertEquals(ledger.record(101)?.counted, 5);
  assertEquals(ledger.record(101)?.converged, true);
});

for (
  const [says, of] of [
    ["a new revision", R2],
    ["the same revision of another provider", { provider: "hub", revision: "r1" }],
  ] as const
) {
  Deno.test(`With ${says} quarantine, back-off and counts are gone`, () => {
    const quarantines = memory();
    const { ledger, fail } = rig(quarantines);
    ledger.follow(desired(R1, 101, 102));
    fail(101, { times: 5 });
    fail(102, { times: 4 });
    ledger.follow(desired(of, 101, 102));
    assertEquals(quarantines.kept.size, 0);
    assertEquals([ledger.turn(101), ledger.turn(102)], [{ may: true }, { may: true }]);
    fail(102, { of });
    assertEquals(ledger.turn(102), { may: false, inMs: 2_000 });
    assertEquals(quarantines.kept.size, 0);
  });
}

Deno.test("The same revision followed again changes nothing", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  fail(101, { times: 5 });
  const before = ledger.record(101);
  ledger.follow(desired(R1, 101));
  assertEquals(ledger.record(101), before);
  assertEquals(quarantines.kept.size, 1);
});

Deno.test("What comes late for an older revision is not written down", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  ledger.follow(desired(R1, 101));
  ledger.follow(desired(R2, 101));
  fail(101, { of: R1, times: 9 });
  ledger.succeeded(101, { of: R1, step: "start" });
  ledger.lookedAt(101, { of: R1, steps: 0, told: [] });
  assertEquals(ledger.turn(101), { may: true });
  assertEquals(ledger.record(101)?.last, null);
  assertEquals(ledger.record(101)?.converged, false);
  assertEquals(quarantines.kept.size, 0);
});

Deno.test("Guests that are not desired any more leave nothing behind", () => {
  const quarantines = memory();
  const { ledger, fail } = rig(quarantines);
  for (let round = 0; round < 20; round++) {
    const vmids = Array.from({ length: 50 }, (_, index) => 1_000 * round + index);
    ledger.follow(desired(R1, ...vmids));
    for (const vmid of vmids) fail(vmid, { times: 5 });
    assertEquals([ledger.records.size, quarantines.kept.size], [50, 50]);
  }
  fail(7);
  ledger.succeeded(7, { of: R1, step: "start" });
  ledger.lookedAt(7, { of: R1, steps: 0, told: [] });
  assertEquals(ledger.records.size, 50, "Nor do those that never were");
  ledger.follow(desired({ provider: "none", revision: "" }));
  assertEquals([ledger.records.size, quarantines.kept.size], [0, 0]);
});

Deno.test("A quarantine outlives a restart, in the real state, and a new revision lifts it there", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { ledger, fail } = rig(opened.state.quarantines);
      ledger.follow(desired(R1, 101, 102));
      fail(101, { times: 5 });
      fail(102, { times: 4 });
    }
    {
      using opened = openIn(folder);
      const { ledger } = rig(opened.state.quarantines);
      assertEquals(ledger.turn(101), { may: false, inMs: null });
      ledger.follow(desired(R1, 101, 102));
      assertEquals(ledger.turn(101), { may: false, inMs: null });
      assertEquals(ledger.record(101)?.counted, 5);
      assertEquals(ledger.record(101)?.last?.problem, "it has no disk");
      assertEquals(ledger.turn(102), { may: true });
      ledger.follow(desired(R2, 101, 102));
      assertEquals(ledger.turn(101), { may: true });
      assertEquals(opened.state.quarantines.all(), []);
    }
  });
});

Deno.test("A guest that left while the agent was down is let out of the real state", async () => {
  await withState(({ quarantines }) => {
    quarantines.set({ vmid: 101, ...R1, failures: 5, reason: "it has no disk", since: 1 });
    const { ledger } = rig(quarantines);
    ledger.follow(desired(R1, 102));
    assertEquals(quarantines.all(), []);
    assertEquals(ledger.record(101), undefined);
  });
});

Deno.test("A quarantine that cannot be written holds, and one that cannot be lifted stays for another try", () => {
  const full = new FelhomError("state.full", "The disk of the state is full");
  const quarantines = memory();
  let works = false;
  const { ledger, fail } = rig({
    all: () => quarantines.all(),
    set: (quarantine) => {
      if (!works) throw full;
      quarantines.set(quarantine);
    },
    lift: (vmid) => {
      if (!works) throw full;
      return quarantines.lift(vmid);
    },
  });
  ledger.follow(desired(R1, 101));
  fail(101, { times: 4 });
  assertThrows(() => fail(101), FelhomError, "full");
  assertEquals(ledger.turn(101), { may: false, inMs: null });
  assertThrows(() => ledger.follow(desired(R2, 101)), FelhomError, "full");
  assertEquals(ledger.turn(101), { may: false, inMs: null });
  works = true;
  ledger.follow(desired(R2, 101));
  assert(ledger.turn(101).may);
});
