import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Action, readAction } from "../../src/action/mod.ts";
import { decide, type Facts, POLICY, startupDelaysOf } from "../../src/gate/mod.ts";
import { ACTION, config, DAY, facts, here, intentTo, stopped } from "./scene.ts";

/** A decision in a word, and why. */
function said(action: unknown, changes: Partial<Facts> = {}, signed = false): [string, string] {
  const read = readAction(action);
  if (!read.ok) return [read.fault, read.message];
  const decision = decide(intentTo(read.action), facts(changes), { signed });
  switch (decision.outcome) {
    case "refused":
      return [decision.code, decision.why];
    default:
      return [decision.outcome, ""];
  }
}

function set(values: Record<string, unknown>): unknown {
  return { kind: "guest.settings", guest: 101, params: { set: values, unset: [] } };
}

const FIXED: readonly (readonly [Record<string, unknown>, string | null])[] = [
  [{ startup: "order=0,up=600,down=600" }, null],
  [{ startup: "order=0,up=601,down=600" }, "up=601 holds up others for more than 600 s"],
  [{ startup: "order=0,up=600,down=601" }, "down=601 holds up others for more than 600 s"],
  [{ startup: "down=86400" }, "down=86400 holds up others for more than 600 s"],
  [{ startup: "order=9999" }, null],
  [{ cpulimit: 0 }, null],
  [{ cpulimit: 0.1 }, null],
  [{ cpulimit: 0.099 }, "0.099 is less than 0.1"],
  [{ cpulimit: 0.001 }, "0.001 is less than 0.1"],
  [{ cpuunits: 10 }, null],
  [{ cpuunits: 9 }, "9 is not from 10 to 1024"],
  [{ cpuunits: 1 }, "1 is not from 10 to 1024"],
  [{ cpuunits: 1024 }, null],
  [{ cpuunits: 1025 }, "1025 is not from 10 to 1024"],
  [{ cores: 2, cpuunits: 1 }, "1 is not from 10 to 1024"],
];

for (const [values, why] of FIXED) {
  Deno.test(`${JSON.stringify(values)} is ${why === null ? "set" : "refused, and told why"}, signed or not, running or not`, () => {
    for (const place of [here(), stopped()]) {
      for (const signed of [false, true]) {
        const [code, told] = said(set(values), { place }, signed);
        assertEquals(code, why === null ? "allowed" : "setting_out_of_bounds");
        assertStringIncludes(told, why ?? "");
      }
    }
  });
}

Deno.test("a guest is given at most ten minutes to go down, whoever asks: its lock is held for all of them", () => {
  for (const [timeout, expected] of [[600, "allowed"], [601, "timeout_out_of_bounds"]] as const) {
    for (
      const action of [
        { kind: "guest.shutdown", guest: 101, params: { timeout, then_kill: true } },
        { kind: "guest.restart", guest: 101, params: { timeout } },
      ]
    ) {
      const [code, why] = said(action);
      assertEquals([action.kind, timeout, code], [action.kind, timeout, expected]);
      assertStringIncludes(why, expected === "allowed" ? "" : "601 s");
    }
  }
});

/** The guest has 2048 MiB and 512 MiB of swap; the others are promised 4096 MiB. */
const MEMORY = { node: 8_192, most: 12_288, others: 4_096 };

const MORE: readonly (readonly [string, unknown, Partial<Facts>, string])[] = [
  ["as much as the node has", set({ memory: 7_680 }), {}, "allowed"],
  ["a MiB more than the node has, with its swap", set({ memory: 7_681 }), {}, "memory_over_node"],
  ["8 TiB of memory", set({ memory: 8_388_608 }), {}, "memory_over_node"],
  ["8 TiB of swap", set({ swap: 8_388_608 }), {}, "memory_over_node"],
  ["swap instead of memory", set({ memory: 1_536, swap: 1_024 }), {}, "allowed"],
  [
    "what leaves the others no room",
    set({ memory: 4_096 }),
    { memory: { ...MEMORY, others: 7_681 } },
    "memory_overcommitted",
  ],
  [
    "what leaves the others just room enough",
    set({ memory: 4_096 }),
    { memory: { ...MEMORY, others: 7_680 } },
    "allowed",
  ],
  [
    "less, where too much is promised already",
    set({ memory: 2_000 }),
    { memory: { ...MEMORY, others: 99_999 }, peak: seen(100), place: stopped() },
    "allowed",
  ],
  [
    "no memory at all, where too much is promised already",
    set({ cores: 2 }),
    { memory: { ...MEMORY, others: 99_999 } },
    "allowed",
  ],
  ["more on a node nobody can read", set({ memory: 2_049 }), { memory: null }, "memory_unknown"],
  ["swap unset, which is more", { ...ACTION.settings, params: { set: {}, unset: ["swap"] } }, {
    memory: null,
    place: stopped({ swap: 0 }),
  }, "memory_unknown"],
];

for (const [what, action, changes, expected] of MORE) {
  Deno.test(`a guest is given ${what}: ${expected}`, () => {
    assertEquals(said(action, { memory: MEMORY, ...changes })[0], expected);
  });
}

Deno.test("a refusal of memory names the numbers", () => {
  assertEquals(
    said(set({ memory: 8_192 }), { memory: MEMORY })[1],
    [
      "Memory and swap of 8704 MiB are more than the 8192 MiB that the node has.",
    ].join(""),
  );
  const [, why] = said(set({ memory: 4_096 }), { memory: { ...MEMORY, others: 9_000 } });
  assertEquals(
    why,
    "With memory and swap of 4608 MiB the guests would be promised 13608 MiB together, more than " +
      "12288 MiB (guests.memory_overcommit).",
  );
});

const FREE = { place: { kind: "free" } } as const;
const CREATE = (memory: number, swap: number) => ({
  ...ACTION.create,
  params: { ...ACTION.create.params, memory, swap },
});
const GOLDEN = (memory: number) => ({
  ...ACTION.golden,
  params: { ...ACTION.golden.params, memory },
});

for (
  const [action, expected] of [
    [CREATE(8_000, 192), "allowed"],
    [CREATE(8_000, 193), "memory_over_node"],
    [GOLDEN(7_680), "allowed"],
    [GOLDEN(7_681), "memory_over_node"],
  ] as const satisfies readonly (readonly [Action, string])[]
) {
  const { kind, params: { memory } } = action;
  Deno.test(`${kind} with ${memory} MiB on a node of 8192 MiB: ${expected}`, () => {
    assertEquals(said(action, { ...FREE, memory: MEMORY })[0], expected);
    const full = { ...MEMORY, others: 12_000 };
    const crowded = expected === "allowed" ? "memory_overcommitted" : expected;
    assertEquals(said(action, { ...FREE, memory: full })[0], crowded);
    assertEquals(said(action, { ...FREE, memory: null })[0], "memory_unknown");
  });
}

/** What a guest used that was seen running for a day. */
function seen(mib: number, watchedMs = DAY): Facts["peak"] {
  return { mib, watchedMs };
}

const LESS: readonly (readonly [string, number, Partial<Facts>, string])[] = [
  ["what it used lately", 900, { place: stopped(), peak: seen(900) }, "allowed"],
  ["a MiB less than it used lately", 899, { place: stopped(), peak: seen(900) }, "memory_in_use"],
  ["16 MiB, of a stopped one", 16, { place: stopped(), peak: seen(900) }, "memory_in_use"],
  [
    "less than it used lately, now that it uses less",
    1_400,
    { peak: seen(1_500) },
    "memory_in_use",
  ],
  ["half of what it has, nobody knowing its needs", 1_024, {
    place: stopped(),
    peak: "never_seen",
  }, "allowed"],
  ["less than half, nobody knowing its needs", 1_023, {
    place: stopped(),
    peak: "never_seen",
  }, "memory_in_use"],
  ["half of what it had before it was halved, nobody knowing its needs", 4_096, {
    place: stopped({ memory: 8_192 }),
    peak: "never_seen",
    mostMemory: 8_192,
  }, "allowed"],
  ["a quarter of what it had before it was halved, nobody knowing its needs", 2_048, {
    place: stopped({ memory: 4_096 }),
    peak: "never_seen",
    mostMemory: 8_192,
  }, "memory_in_use"],
  ["half of what it has, once it was given more", 4_096, {
    place: stopped({ memory: 8_192 }),
    peak: "never_seen",
    mostMemory: 2_048,
  }, "allowed"],
  ["what it used, seen for a moment, of more than half", 1_100, {
    place: stopped(),
    peak: seen(1_100, 60_000),
  }, "allowed"],
  ["less than it used, seen for a moment", 1_099, {
    place: stopped(),
    peak: seen(1_100, 60_000),
  }, "memory_in_use"],
  ["half of what it has, seen for a moment with little", 1_024, {
    place: stopped(),
    peak: seen(20, 60_000),
  }, "allowed"],
  ["less than half, seen for a moment with little", 1_023, {
    place: stopped(),
    peak: seen(20, 60_000),
  }, "memory_in_use"],
  ["less than half, seen for less than a day with little", 1_023, {
    place: stopped(),
    peak: seen(20, DAY - 1),
  }, "memory_in_use"],
  ["a quarter of what it had before, seen for a moment", 512, {
    place: stopped({ memory: 1_024 }),
    peak: seen(20, 60_000),
    mostMemory: 2_048,
  }, "memory_in_use"],
  ["little, seen for a day with less", 100, { place: stopped(), peak: seen(20) }, "allowed"],
  ["64 MiB of little, nobody knowing its needs", 64, {
    place: stopped({ memory: 100 }),
    peak: "never_seen",
  }, "allowed"],
  ["a MiB less of little, nobody knowing its needs", 63, {
    place: stopped({ memory: 100 }),
    peak: "never_seen",
  }, "memory_in_use"],
  ["half of little, nobody knowing its needs", 50, {
    place: stopped({ memory: 100 }),
    peak: "never_seen",
  }, "memory_in_use"],
  ["less, its figures out of reach", 2_000, { place: stopped(), peak: "unknown" }, "usage_unknown"],
  ["as much as it has", 2_048, { place: stopped(), peak: "unknown" }, "allowed"],
];

for (const [what, memory, changes, expected] of LESS) {
  Deno.test(`a guest is left ${what}: ${expected}`, () => {
    assertEquals(said(set({ memory }), changes)[0], expected);
  });
}

Deno.test("a floor of memory is told with its number", () => {
  assertEquals(
    said(set({ memory: 16 }), { place: stopped(), peak: seen(900) })[1],
    "memory of 16 MiB is under the 900 MiB that it used within a month.",
  );
  assertEquals(
    said(set({ memory: 16 }), { place: stopped(), peak: "never_seen" })[1],
    "memory of 16 MiB is under the 1024 MiB that are half of the 2048 MiB it had at most: nobody knows what it needs.",
  );
  assertEquals(
    said(set({ memory: 16 }), { place: stopped(), peak: seen(20, 30 * 60_000) })[1],
    "memory of 16 MiB is under the 1024 MiB that are half of the 2048 MiB it had at most: it was " +
      "seen running for 0.5 h within a month, and what it needs is told after 24 h.",
  );
});

Deno.test("a guest whose configuration says less than its swap is measured as it is", () => {
  const place = here({ config: config({ memory: 8_000, swap: 8_000 }) });
  assertEquals(said(set({ memory: 8_001 }), { place, memory: MEMORY })[0], "memory_over_node");
  assertEquals(said(set({ memory: 8_000 }), { place, memory: MEMORY })[0], "allowed");
});

/** Guests that hold up others by so many seconds: all others together, and the subject. */
function held(
  others: { readonly up?: number; readonly down?: number },
  own: { readonly up?: number; readonly down?: number } = {},
): Partial<Facts> {
  const none = { up: 0, down: 0 };
  return { startup: { own: { ...none, ...own }, others: { ...none, ...others } } };
}

for (
  const [what, startup, changes, expected] of [
    ["up to half an hour of them all", "up=600", held({ up: 1_200 }), "allowed"],
    ["a second more", "up=600", held({ up: 1_201 }), "startup_delays"],
    ["down to half an hour", "order=1,down=600", held({ down: 1_200 }), "allowed"],
    ["down, a second more", "order=1,down=600", held({ down: 1_201 }), "startup_delays"],
    ["up alone where others hold up the stop", "up=600", held({ down: 9_999 }), "allowed"],
    ["down alone where others hold up the start", "down=600", held({ up: 9_999 }), "allowed"],
    ["both, one of them too long", "up=1,down=600", held({ down: 1_800 }), "startup_delays"],
    ["as much as it has, on a host over it", "up=60", held({ up: 9_999 }, { up: 60 }), "allowed"],
    ["less than it has", "order=3,up=59", held({ up: 9_999 }, { up: 60 }), "allowed"],
    ["a second more than it has", "up=61", held({ up: 9_999 }, { up: 60 }), "startup_delays"],
    ["an order alone, nobody knowing of others", "order=3", { startup: null }, "allowed"],
    ["no delay, on a host over it", "order=3,up=0", held({ up: 9_999 }), "allowed"],
    ["a delay, nobody knowing of others", "up=1", { startup: null }, "startup_unknown"],
  ] as const
) {
  Deno.test(`a guest holds up others, ${what}: ${expected}`, () => {
    for (const signed of [true, false]) {
      assertEquals(said(set({ startup }), changes, signed)[0], expected);
    }
  });
}

Deno.test("the delays of all guests are told with their number, and where root may raise it", () => {
  assertEquals(POLICY.startupDelays, 1_800);
  assertEquals(
    said(set({ startup: "up=600,down=10" }), held({ up: 1_500 }))[1],
    "With up=600 the managed guests would hold up a start of the host for 2100 s together, more " +
      "than 1800 s (guests.startup_delay_minutes).",
  );
  assertEquals(
    said(set({ startup: "up=0,down=600" }), held({ down: 1_500 }))[1].slice(0, 62),
    "With down=600 the managed guests would hold up a stop of the h",
  );
});

Deno.test("delays are read of whatever Proxmox keeps", () => {
  for (
    const [text, up, down] of [
      ["order=1,up=30,down=60", 30, 60],
      ["down=60, up=30", 30, 60],
      ["3,up=5", 5, 0],
      ["order=3", 0, 0],
      ["", 0, 0],
      ["up=x,down=1", 0, 1],
      ["backup=9,up=2", 2, 0],
    ] as const
  ) assertEquals([text, startupDelaysOf(text)], [text, { up, down }]);
});
