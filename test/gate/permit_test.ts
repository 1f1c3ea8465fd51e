import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Action, type ActionKind, ACTIONS, isActionKind } from "../../src/action/mod.ts";
import { FelhomError } from "../../src/errors.ts";
import { MINT, Permit } from "../../src/gate/mint.ts";
import * as face from "../../src/gate/mod.ts";
import { redeem } from "../../src/gate/mod.ts";
import { openGateRig } from "./gate_rig.ts";
import { ACTION, facts, intentTo, MINUTE } from "./scene.ts";

/** A genuine permit to start guest 101, and the clock it lives by. */
function permit(action: Action = ACTION.start) {
  const { gate, clock } = openGateRig();
  const answer = gate.ask(intentTo(action), facts());
  assert(answer.outcome === "permitted");
  return { permit: answer.permit, clock };
}

function codeOf(permit: unknown, kind: ActionKind = "guest.start"): string {
  return assertThrows(() => redeem(permit, kind), FelhomError).code;
}

Deno.test("A permit is redeemed for the action it is for", () => {
  const { permit: genuine } = permit();
  assertEquals(redeem(genuine, "guest.start"), ACTION.start);
});

Deno.test("A permit is redeemed once", () => {
  const { permit: genuine } = permit();
  redeem(genuine, "guest.start");
  assertEquals(codeOf(genuine), "permit.spent");
});

Deno.test("A permit serves no other kind, and has had its use then", () => {
  for (const kind of Object.keys(ACTIONS).filter(isActionKind)) {
    if (kind === "guest.start") continue;
    const { permit: genuine } = permit();
    assertEquals(codeOf(genuine, kind), "permit.other");
    assertEquals(codeOf(genuine), "permit.spent");
  }
});

Deno.test("A permit lives two minutes, by a clock that does not jump", async () => {
  const early = permit();
  early.clock.jump(24 * 60 * MINUTE);
  assertEquals(redeem(early.permit, "guest.start").guest, 101);

  const just = permit();
  await just.clock.advance(2 * MINUTE - 1);
  assertEquals(redeem(just.permit, "guest.start").guest, 101);

  const late = permit();
  await late.clock.advance(2 * MINUTE);
  assertEquals(codeOf(late.permit), "permit.expired");
  assertEquals(codeOf(late.permit), "permit.spent");
});

Deno.test("Each answer has a permit of its own", () => {
  const { gate } = openGateRig();
  const [one, other] = [0, 1].map(() => gate.ask(intentTo(ACTION.start), facts()));
  assert(one?.outcome === "permitted" && other?.outcome === "permitted");
  redeem(one.permit, "guest.start");
  assertEquals(redeem(other.permit, "guest.start").guest, 101);
});

const FORGERIES: readonly (readonly [string, (genuine: Permit) => unknown])[] = [
  ["nothing", () => undefined],
  ["null", () => null],
  ["a text", () => "permit"],
  ["an object that looks like one", (genuine) => ({ action: genuine.action })],
  [
    "an object that brings methods",
    () => ({ spend: () => ACTION.destroy, action: ACTION.destroy }),
  ],
  ["an object of its prototype", (genuine) => Object.create(Object.getPrototypeOf(genuine))],
  ["an heir", (genuine) => Object.create(genuine)],
  ["a spread", (genuine) => ({ ...genuine })],
  ["an assigned copy", (genuine) => Object.assign({}, genuine)],
  ["a structured clone", (genuine) => structuredClone(genuine)],
  ["a way through JSON", (genuine) => JSON.parse(JSON.stringify(genuine))],
  ["a proxy", (genuine) => new Proxy(genuine, {})],
  ["its class", (genuine) => genuine.constructor],
  ["its prototype", (genuine) => Object.getPrototypeOf(genuine)],
];

for (const [name, forge] of FORGERIES) {
  Deno.test(`A forgery lets nothing through: ${name}`, () => {
    const { permit: genuine } = permit();
    assertEquals(codeOf(forge(genuine)), "permit.forged");
    assertEquals(redeem(genuine, "guest.start").guest, 101, "the genuine one is none the worse");
  });
}

Deno.test("The constructor is of no use to who finds it", () => {
  const { permit: genuine } = permit();
  const { constructor } = genuine;
  for (const mint of [undefined, Symbol("mint"), Symbol.for("mint"), "mint", {}]) {
    const error = assertThrows(
      () => Reflect.construct(constructor, [mint, ACTION.destroy, () => true]),
      FelhomError,
    );
    assertEquals(error.code, "permit.forged");
  }
  assertThrows(() => Reflect.apply(constructor, genuine, []), TypeError);
});

Deno.test("A class that inherits makes no permits, even if it could name what the gate names", () => {
  class Heir extends Permit {}
  const forge = () => new Heir(MINT, ACTION.destroy, () => true);
  assertEquals(assertThrows(forge, FelhomError).code, "permit.forged");
});

Deno.test("Nothing of a permit can be changed, its class included", () => {
  const { permit: genuine } = permit(ACTION.settings);
  const { constructor } = genuine;
  for (
    const [target, key] of [
      [genuine, "action"],
      [genuine, "extra"],
      [genuine.action, "kind"],
      [genuine.action.params, "set"],
      [Object.getPrototypeOf(genuine), "action"],
      [constructor, "spend"],
    ] as const
  ) {
    assertEquals(Reflect.set(target, key, () => ACTION.destroy), false, key);
    assertEquals(Reflect.defineProperty(target, key, { value: 1 }), false, key);
  }
  assertEquals(Object.isFrozen(redeem(genuine, "guest.settings").params.set), true);
});

Deno.test("A permit shows nothing but its action", () => {
  const { permit: genuine } = permit();
  assertEquals(Reflect.ownKeys(genuine), []);
  assertEquals(JSON.stringify(genuine), "{}");
  assertEquals(genuine.action, ACTION.start);
});

Deno.test("What happens to an intent after it was asked about changes no permit", () => {
  const { gate } = openGateRig();
  const params = { set: { cores: 2 }, unset: [] };
  const answer = gate.ask(intentTo({ kind: "guest.settings", guest: 101, params }), facts());
  assert(answer.outcome === "permitted");
  params.set.cores = 8192;
  assertEquals(redeem(answer.permit, "guest.settings").params.set, { cores: 2 });
});

Deno.test("An intent that shows another action each time it is looked at is looked at once", () => {
  const { gate } = openGateRig();
  let looks = 0;
  const intent = Object.defineProperty(intentTo(ACTION.start), "action", {
    get: () => looks++ === 0 ? ACTION.start : ACTION.destroy,
  });
  const answer = gate.ask(intent, facts());
  assert(answer.outcome === "permitted");
  assertEquals(answer.permit.action.kind, "guest.start");
});

Deno.test("The gate's face hands on neither the class of permits nor what makes them", () => {
  const names = Object.keys(face);
  assertEquals(names.filter((name) => /permit|mint/i.test(name)), []);
});
