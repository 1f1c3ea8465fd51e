/**
 * Genuine signatures as tools write them otherwise than ssh-keygen: another spelling of the same
 * signature guards nothing, and ssh-keygen takes all of these.
 */
import { assert, assertEquals } from "@std/assert";
import { KEY_TYPES } from "../../../src/authz/ssh/mod.ts";
import { armor, BEGIN, bytes, END, mpint, string } from "./support/encode.ts";
import { judge } from "./support/judge.ts";
import { ask, by, ed25519, GOOD, LINES, MESSAGE, rsa, shortRsa } from "./support/questions.ts";
import { openSshKeygen, type Question } from "./support/ssh_keygen.ts";
import { createTestKey, type Oddities, signMessage } from "./support/test_key.ts";

/** Signed by an agent that writes every number in one length, about every 250th with a zero too many. */
async function bySecretive(): Promise<Question> {
  const read = (name: string) => Deno.readTextFile(new URL(`genuine/secretive/${name}`, HERE));
  return ask({
    message: new TextEncoder().encode(await read("message")),
    armored: await read("message.sig"),
    signers: await read("allowed_signers"),
    principal: "op-ec@example.net",
  });
}

const HERE = new URL(".", import.meta.url);
const CURVES = KEY_TYPES.filter((type) => type.includes("ecdsa"));

/** r and s with one zero more than a number of the curve's length and a sign have. */
function padded(zeros: number): (readonly [string, Question])[] {
  return CURVES.map((type) => {
    const oddities: Oddities = { zeros };
    return [`${type}: r and s behind ${zeros} zeros too many`, by(createTestKey(type), oddities)];
  });
}

async function spellings(): Promise<(readonly [string, Question])[]> {
  return [
    ["r behind a zero too many, by Secretive", await bySecretive()],
    ...padded(1),
    ...padded(500),
    ["RSA without its leading zeros, as a number", shortRsa()],
    ["an empty line first", ask({ armored: GOOD.replace("\n", "\n\n") })],
    ["an empty line last", ask({ armored: GOOD.replace(`\n${END}`, `\n\n${END}`) })],
    ["a blank before a line", ask({ armored: GOOD.replace("\n", "\n ") })],
    ["blanks after each line", ask({ armored: `${BEGIN}\n${LINES.join(" \t\n")} \n${END}\n` })],
    ["carriage returns inside", ask({ armored: `${BEGIN}\n${LINES.join("\r\n")}\r\n${END}\r\n` })],
    ["one long line", ask({ armored: armor(signMessage(ed25519, MESSAGE), 4000) })],
    ["lines of 64 characters", ask({ armored: armor(signMessage(ed25519, MESSAGE), 64) })],
    ["lines of 100 characters", ask({ armored: armor(signMessage(ed25519, MESSAGE), 100) })],
    ["lines of 19 characters", ask({ armored: armor(signMessage(ed25519, MESSAGE), 19) })],
    ["no last newline", ask({ armored: GOOD.trimEnd() })],
    ["empty lines behind it", ask({ armored: `${GOOD}\n \r\n\n` })],
  ];
}

Deno.test("another spelling of a genuine signature is accepted, as ssh-keygen accepts it", async (t) => {
  await using keygen = await openSshKeygen();
  const cases = await spellings();
  const taken = await keygen.verify(cases.map(([, question]) => question));
  for (const [index, [title, question]] of cases.entries()) {
    await t.step(title, () => {
      assert("accepted" in judge(question));
      assert(taken[index], "OpenSSH refuses it");
    });
  }
});

Deno.test("a number too long for ssh-keygen is too long, whatever it is", async () => {
  const key = createTestKey("ecdsa-sha2-nistp256");
  const long = (zeros: number) =>
    by(key, {
      change(both) {
        const r = both.subarray(4, 4 + (both[3] ?? 0));
        return bytes(mpint(r, zeros), both.subarray(4 + r.length));
      },
    });
  await using keygen = await openSshKeygen();
  // With the number itself and its sign: 2049 bytes.
  const questions = [2010, 2014, 2015, 2016, 2017, 2018, 2030].map(long);
  const taken = await keygen.verify(questions);
  assert(taken.includes(true) && taken.includes(false));
  assertEquals(questions.map((question) => "accepted" in judge(question)), taken);
});

Deno.test("what is filled up is no longer than the key, and no other number", async () => {
  await using keygen = await openSshKeygen();
  const cases = [
    by(rsa, { change: (whole) => bytes(Uint8Array.of(0), whole) }),
    by(rsa, { change: (whole) => whole.slice(whole.findIndex((byte) => byte !== 0) + 1) }),
    by(rsa, { change: (whole) => whole.slice(0, -1) }),
    by(rsa, { change: () => bytes() }),
    by(createTestKey("ecdsa-sha2-nistp256"), {
      change: () => bytes(string(new Uint8Array(33)), string(new Uint8Array(33))),
    }),
  ];
  assertEquals(cases.map((question) => "accepted" in judge(question)), cases.map(() => false));
  assertEquals(await keygen.verify(cases), cases.map(() => false));
});
