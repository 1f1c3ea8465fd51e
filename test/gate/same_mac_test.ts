import { assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { decide, type Facts, macsToStart } from "../../src/gate/mod.ts";
import { ACTION, config, facts, here, intentTo, stopped } from "./scene.ts";

const MAC = "BC:24:11:00:00:01";
const twin: Facts["macs"] = { holders: [{ guest: 102, mac: MAC }], asOf: 0 };
const two = stopped({ identity: { volumes: ["a:b"], macs: ["BC:24:11:00:00:09", MAC] } });
const bare = stopped({ identity: { volumes: ["a:b"], macs: [""] } });
const small = stopped({ identity: { volumes: ["a:b"], macs: [MAC.toLowerCase()] } });

const rows: readonly (readonly [string, Action, Partial<Facts>, string])[] = [
  ["a start beside its twin", ACTION.start, { place: stopped(), macs: twin }, "mac_in_use"],
  [
    "a restart of a stopped guest",
    ACTION.restart,
    { place: stopped(), macs: twin },
    "mac_in_use",
  ],
  ["a second interface of the guest's", ACTION.start, { place: two, macs: twin }, "mac_in_use"],
  ["a MAC in small letters", ACTION.start, { place: small, macs: twin }, "mac_in_use"],
  [
    "a holder in small letters",
    ACTION.start,
    {
      place: stopped(),
      macs: { holders: [{ guest: 102, mac: MAC.toLowerCase() }], asOf: 0 },
    },
    "mac_in_use",
  ],
  [
    "another MAC",
    ACTION.start,
    { place: stopped(), macs: { holders: [{ guest: 102, mac: "BC:24:11:00:00:02" }], asOf: 0 } },
    "allowed",
  ],
  ["nobody else", ACTION.start, { place: stopped() }, "allowed"],
  ["a start when nobody can tell", ACTION.start, { place: stopped(), macs: null }, "allowed"],
  ["an interface without a MAC", ACTION.start, {
    place: bare,
    macs: { holders: [{ guest: 102, mac: "" }], asOf: 0 },
  }, "allowed"],
  [
    "a guest that cannot be read",
    ACTION.start,
    { place: here({ running: false, config: null }), macs: twin },
    "allowed",
  ],
  ["a restart of what runs", ACTION.restart, { place: here(), macs: twin }, "allowed"],
  [
    "a stop beside the twin",
    ACTION.stop,
    { place: here({ config: config() }), macs: twin },
    "allowed",
  ],
  ["a backup of a stopped guest", ACTION.backup, { place: stopped(), macs: twin }, "allowed"],
];

for (const [name, action, changes, expected] of rows) {
  Deno.test(`the same MAC, ${name}: ${expected}`, () => {
    const decision = decide(intentTo(action), facts(changes));
    assertEquals(decision.outcome === "refused" ? decision.code : decision.outcome, expected);
  });
}

Deno.test("who is refused for a MAC is told whose it is too, and the way out", () => {
  const given = facts({ place: stopped(), macs: twin });
  for (const signed of [false, true]) {
    const decision = decide(intentTo(ACTION.start), given, { signed });
    assertEquals(
      decision.outcome === "refused" ? decision.why : "",
      "Guest 102 has the MAC BC:24:11:00:00:01 too, and runs or is being started: shut down the " +
        "one that is not wanted, or give one of them another MAC.",
    );
  }
});

Deno.test("a guest that is not here brings up no MAC", () => {
  for (const kind of ["free", "elsewhere", "unknown"] as const) {
    assertEquals(macsToStart(ACTION.start, { place: { kind } }), []);
  }
  assertEquals(macsToStart(ACTION.start, { place: stopped() }), [MAC]);
});
