import { assert, assertEquals, assertRejects } from "@std/assert";
import { readSignerSets } from "../../../src/authz/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { rotateSigners } from "../../../src/reconcile/executors/signers_rotate.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import { bytes } from "../../authz/support/scene.ts";
import { openGateRig } from "../../gate/gate_rig.ts";
import { facts, intentTo } from "../../gate/scene.ts";
import type { Permit } from "../../../src/gate/mod.ts";
import { action, carry, type ExecutorRig, openExecutorRig } from "./executor_rig.ts";

function digestOf(text: string): string {
  const none = { text: "", file: "none", sequence: 1 };
  const sets = readSignerSets({ operational: { ...none, text }, recovery: none });
  return sets.operational.signers.digest;
}

function install({ state }: ExecutorRig, role: "operational" | "recovery", content: string) {
  state.signers.install({
    role,
    sequence: 1,
    digest: digestOf(content),
    previous: null,
    content,
    origin: "file",
    operation: null,
    installedAt: 1,
  });
}

function rotation(from: string, to: string, sequence = 2) {
  return action("signers.rotate", {
    guest: null,
    params: { role: "operational", sequence, replaces: digestOf(from), signers: to },
  });
}

/** A permit of a gate that believes one operator, for bringing in another. */
async function permitTo(
  it: ReturnType<typeof rotation>,
  { from, to }: { readonly from: Operator; readonly to: Operator },
): Promise<Permit> {
  const { gate, document: draft } = openGateRig(from.line());
  const known = facts({ subject: null });
  const document = bytes(draft(it, known));
  const signatures = [await from.sign(document), await to.sign(document)];
  const authorised = gate.authorise(intentTo(it), { document, signatures }, known);
  if (authorised.outcome !== "authorised") throw new Error(JSON.stringify(authorised));
  const answer = gate.dispatch(authorised.authorisation.operation, intentTo(it), known);
  if (answer.outcome !== "permitted") throw new Error(JSON.stringify(answer));
  return answer.permit;
}

Deno.test("signers are replaced in the state, once, and the state says so after a crash", async () => {
  const operators = await openOperators();
  await using rig = await openExecutorRig();
  try {
    const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
    install(rig, "operational", anna.line());
    const it = rotation(anna.line(), bela.line());
    const story = { before: null, ending: { how: "lost" } } as const;
    assertEquals((await rotateSigners.verify(it, story, rig.eyes)).seen, "nothing");

    const checked = await rotateSigners.check(it, facts(), rig.eyes);
    assert(checked.holds);
    assertEquals(checked.before, { sequence: 1, digest: digestOf(anna.line()) });
    const permit = await permitTo(it, { from: anna, to: bela });
    const { effect } = await carry(rig, rotateSigners, { action: it, permit });
    assertEquals(effect.seen, "done");
    const { installedAt, ...current } = rig.state.signers.current("operational") ?? notThere();
    assert(installedAt > 1);
    assertEquals(current, {
      role: "operational",
      sequence: 2,
      digest: digestOf(bela.line()),
      previous: digestOf(anna.line()),
      content: bela.line(),
      origin: "rotation",
      operation: "op-1",
    });
    assertEquals((await rotateSigners.verify(it, story, rig.eyes)).seen, "done");
    assertEquals((await rotateSigners.check(it, facts(), rig.eyes)).holds, false, "a second time");
    const other = rotation(anna.line(), anna.line());
    assertEquals((await rotateSigners.verify(other, story, rig.eyes)).seen, "nothing");
  } finally {
    await operators.close();
  }
});

Deno.test("a rotation of another set, or to a key of the other role, changes nothing", async () => {
  const operators = await openOperators();
  await using rig = await openExecutorRig();
  try {
    const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
    assertEquals(
      (await rotateSigners.check(rotation(anna.line(), bela.line()), facts(), rig.eyes)).holds,
      false,
      "there is no set yet",
    );
    install(rig, "operational", anna.line());
    install(rig, "recovery", bela.line());
    const stale = [rotation(bela.line(), anna.line()), rotation(anna.line(), bela.line(), 3)];
    for (const it of stale) {
      assertEquals((await rotateSigners.check(it, facts(), rig.eyes)).holds, false);
    }
    const it = rotation(anna.line(), bela.line());
    const permit = await permitTo(it, { from: anna, to: bela });
    await assertRejects(() => carry(rig, rotateSigners, { action: it, permit }), FelhomError);
    assertEquals(rig.state.signers.current("operational")?.sequence, 1);
  } finally {
    await operators.close();
  }
});

function notThere(): never {
  throw new Error("There is no set");
}
