import { assert, assertEquals } from "@std/assert";
import { type RefusalReason, REFUSALS, stricterThanOpenSsh } from "../../../src/authz/ssh/mod.ts";
import { REFUSED_BY_BOTH } from "./support/refused_by_both.ts";
import { judge } from "./support/judge.ts";
import { createMixedKey, smallOrderPoints } from "./support/edwards.ts";
import { armor, bytes, string } from "./support/encode.ts";
import { ask, line } from "./support/questions.ts";
import { openSshKeygen, type Question } from "./support/ssh_keygen.ts";
import { stricter } from "./support/stricter_cases.ts";
import { signMessage } from "./support/test_key.ts";

Deno.test("OpenSSH takes what the list says, and the agent refuses it for that reason", async (t) => {
  await using keygen = await openSshKeygen();
  const cases = await stricter(keygen);
  const taken = await keygen.verify(cases.map(([, , question]) => question));
  for (const [index, [reason, title, question]] of cases.entries()) {
    await t.step(`${reason}: ${title}`, () => {
      assertEquals(reasonOf(question), reason);
      assert(taken[index], "OpenSSH refuses it");
    });
  }
  const shown = new Set(cases.map(([reason]) => reason));
  assertEquals(
    reasons().filter((reason) => (stricterThanOpenSsh(reason) !== undefined) !== shown.has(reason)),
    [],
  );
});

Deno.test("what OpenSSH refuses the agent refuses, for a reason of its own", async (t) => {
  await using keygen = await openSshKeygen();
  const taken = await keygen.verify([ask(), ...REFUSED_BY_BOTH.map(([, , question]) => question)]);
  assert(taken[0], "the signature that the others differ from is good");
  for (const [index, [reason, title, question]] of REFUSED_BY_BOTH.entries()) {
    await t.step(`${reason}: ${title}`, () => {
      assertEquals(reasonOf(question), reason);
      assertEquals(taken[index + 1], false, "OpenSSH takes it");
    });
  }
  const shown = new Set(REFUSED_BY_BOTH.map(([reason]) => reason));
  assertEquals(
    reasons().filter((reason) => stricterThanOpenSsh(reason) === undefined && !shown.has(reason)),
    [],
  );
});

function reasonOf(question: Question): RefusalReason | undefined {
  const judgement = judge(question);
  return "refused" in judgement ? judgement.refused[0] : undefined;
}

function reasons(): RefusalReason[] {
  return Object.keys(REFUSALS).filter((reason): reason is RefusalReason => reason in REFUSALS);
}

Deno.test("a key with a part of small order is judged as OpenSSH judges it, message by message", async () => {
  await using keygen = await openSshKeygen();
  const key = createMixedKey(0x1234567890abcdefn);
  const questions = Array.from({ length: 40 }, (_, index) => {
    const message = new TextEncoder().encode(`destroy ${index}\n`);
    return ask({ message, signers: line(key), armored: armor(signMessage(key, message)) });
  });
  const taken = await keygen.verify(questions);
  assertEquals(questions.map((question) => "accepted" in judge(question)), taken);
  assert(taken.includes(true) && taken.includes(false));
});

// Five heights, each with both signs.
Deno.test("no point of small order is a key, whatever its spelling", () => {
  const points = smallOrderPoints();
  assertEquals(new Set(points.map((point) => point.toHex())).size, 10);
  for (const point of points) {
    const text = `ssh-ed25519 ${bytes(string("ssh-ed25519"), string(point)).toBase64()}`;
    assertEquals(reasonOf(ask({ signers: line({ text }) })), "ed25519_point", point.toHex());
  }
});
