/**
 * Hybrid keys of OpenSSH 10.5: what ssh-keygen 10.5 signed is accepted, and nothing of which a half
 * does not hold.
 */
import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { DOCUMENT_LIMIT, MOST_SIGNATURES, splitSubmission } from "../../../src/authz/mod.ts";
import { controlRequest, EXCHANGES } from "../../../src/control/protocol.ts";
import { FelhomError } from "../../../src/errors.ts";
import { loadVerifiers } from "../../../src/authz/ssh/mod.ts";
import { seededRandom } from "../../proxmox/support/seeded_random.ts";
import { armor, type Bytes, bytes, dearmor, sshsig, string } from "./support/encode.ts";
import { judge } from "./support/judge.ts";
import { mutateBytes } from "./support/mutate.ts";
import { addOrder, ask, by, GOOD, line, MESSAGE, NAMESPACE } from "./support/questions.ts";
import type { Question } from "./support/ssh_keygen.ts";
import { createTestKey, signedData, signMessage } from "./support/test_key.ts";

const TYPE = "ssh-mldsa44-ed25519@openssh.com";
/** Bytes of the ML-DSA half of a signature, and of a key. */
const HALF = 2420;
const KEY_HALF = 1312;
const HASHES = ["sha256", "sha512"] as const;
const MUTANTS = 1_500;

/** Made by ssh-keygen 10.5. */
async function genuine(hash: typeof HASHES[number]): Promise<Question> {
  const folder = new URL(`genuine/mldsa44-ed25519/${hash}/`, import.meta.url);
  const read = (name: string) => Deno.readTextFile(new URL(name, folder));
  return ask({
    message: new TextEncoder().encode(await read("document")),
    armored: await read("document.sig"),
    signers: await read("allowed_signers"),
    principal: "operator",
  });
}

const key = createTestKey(TYPE);
const other = createTestKey(TYPE);

function reasonOf(question: Question): string {
  const judgement = judge(question);
  return "accepted" in judgement ? "accepted" : judgement.refused.join(", ");
}

/** A signature by `key` whose signature proper is another one. */
function signedAs(signature: Uint8Array, message = MESSAGE): Question {
  const parts = { key: key.blob, namespace: NAMESPACE, hash: "sha512" };
  const whole = bytes(string(TYPE), string(signature));
  const armored = armor(sshsig({ ...parts, signature: whole }));
  return ask({ signers: line(key), message, armored });
}

/** Both halves of what a key signs over a message. */
function halves(signer: typeof key, message: Uint8Array = MESSAGE): readonly [Bytes, Bytes] {
  const whole = signer.sign(signedData(message, NAMESPACE, "sha512"));
  const both = whole.slice(-(HALF + 64));
  return [both.slice(0, HALF), both.slice(HALF)];
}

function flipped(original: Uint8Array, at: number): Bytes {
  const changed = bytes(original);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

// First: this file loads it in the next test.
Deno.test("while the verifier is not loaded, a good hybrid signature is an error and not accepted", async () => {
  for (const question of [await genuine("sha512"), by(key)]) {
    const error = assertThrows(() => judge(question), FelhomError);
    assertEquals(error.code, "internal.bug");
  }
  // None of these needs it.
  await loadVerifiers([GOOD, "", "no signature", armor(bytes("SSHSIG"))]);
  assertThrows(() => judge(by(key)), FelhomError, "not loaded");
});

Deno.test("what ssh-keygen 10.5 signed with a hybrid key is accepted, with each hash", async () => {
  for (const hash of HASHES) {
    const question = await genuine(hash);
    await loadVerifiers([question.armored]);
    const judgement = judge(question);
    assert("accepted" in judgement, hash);
    assertEquals(judgement.accepted.type, TYPE);
    assertEquals(judgement.accepted.principals, ["operator"]);
  }
});

Deno.test("of a genuine hybrid signature nothing can be changed", async () => {
  for (const hash of HASHES) {
    const good = await genuine(hash);
    const { message } = good;
    const blob = dearmor(good.armored);
    const first = blob.length - HALF - 64;
    // The challenge, the first and last byte of z, the hints, R and S.
    for (const at of [0, 31, 32, HALF - 85, HALF - 84, HALF - 1, HALF, HALF + 31, HALF + 32]) {
      const armored = armor(flipped(blob, first + at));
      assertEquals(reasonOf({ ...good, armored }), "crypto", `${hash}, byte ${at}`);
    }
    assertEquals(reasonOf({ ...good, message: bytes(message, " ") }), "crypto");
    assertEquals(reasonOf({ ...good, namespace: "git" }), "namespace");
    const named = hash === "sha256" ? "sha512" : "sha256";
    const place = blob.toHex().indexOf(string(hash).toHex()) / 2;
    const renamed = bytes(blob.subarray(0, place), string(named), blob.subarray(place + 10));
    assertEquals(reasonOf({ ...good, armored: armor(renamed) }), "crypto");
  }
  const [one, two] = [await genuine("sha256"), await genuine("sha512")];
  assertEquals(reasonOf({ ...one, armored: two.armored }), "signer_unknown");
});

Deno.test("both halves have to hold, of the same key and over the same message", () => {
  const [mlDsa, ed25519] = halves(key);
  const [otherMlDsa, otherEd25519] = halves(other);
  const [earlierMlDsa, earlierEd25519] = halves(key, bytes("destroy 102\n"));
  const cases: Readonly<Record<string, readonly [Uint8Array, string]>> = {
    "as it should be": [bytes(mlDsa, ed25519), "accepted"],
    "the halves swapped": [bytes(ed25519, mlDsa), "ed25519_s, crypto"],
    "the ML-DSA half of another key": [bytes(otherMlDsa, ed25519), "crypto"],
    "the ed25519 half of another key": [bytes(mlDsa, otherEd25519), "crypto"],
    "both halves of another key": [bytes(otherMlDsa, otherEd25519), "crypto"],
    "the ML-DSA half over another message": [bytes(earlierMlDsa, ed25519), "crypto"],
    "the ed25519 half over another message": [bytes(mlDsa, earlierEd25519), "crypto"],
    "an empty ML-DSA half": [bytes(new Uint8Array(HALF), ed25519), "crypto"],
    "an empty ed25519 half": [bytes(mlDsa, new Uint8Array(64)), "crypto"],
    "no ML-DSA half": [ed25519, "wire"],
    "no ed25519 half": [mlDsa, "wire"],
    "nothing": [bytes(), "wire"],
    "a byte too many": [bytes(mlDsa, ed25519, "x"), "wire"],
    "S not reduced": [bytes(mlDsa, addOrder(ed25519)), "ed25519_s"],
  };
  for (const [what, [signature, reason]] of Object.entries(cases)) {
    const found = reasonOf(signedAs(signature));
    assert(reason.split(", ").includes(found), `${what}: ${found}`);
  }
});

Deno.test("a signature names its algorithm, its context and its end", () => {
  assertEquals(reasonOf(by(key)), "accepted");
  assertEquals(reasonOf(by(key, { hash: "sha256" })), "accepted");
  for (
    const context of ["", "x", "COMPSIG-MLDSA44-Ed25519-SHA51", "COMPSIG-MLDSA65-Ed25519-SHA512"]
  ) {
    assertEquals(reasonOf(by(key, { context: bytes(context) })), "crypto", context);
  }
  assertEquals(reasonOf(by(key, { algorithm: "ssh-ed25519" })), "algorithm");
  assertEquals(reasonOf(by(key, { algorithm: "ssh-mldsa44@openssh.com" })), "algorithm");
  assertEquals(reasonOf(by(key, { trailing: "x" })), "wire");
  assertEquals(reasonOf(by(key, { namespace: "git" })), "namespace");
  assertEquals(reasonOf(by(key, { hash: "sha384" })), "hash");
});

Deno.test("a half is no key by itself, and a key is the pair of its halves", () => {
  const [mine, theirs] = [key.blob.slice(-1344), other.blob.slice(-1344)];
  const textOf = (both: Uint8Array) => `${TYPE} ${bytes(string(TYPE), string(both)).toBase64()}`;
  const mixed = textOf(bytes(mine.subarray(0, KEY_HALF), theirs.subarray(KEY_HALF)));
  assertEquals(reasonOf({ ...by(key), signers: line({ text: mixed }) }), "signer_unknown");
  // As if it were that key's: the half that is not does not hold.
  for (const signer of [key, other]) {
    const parts = { key: Uint8Array.fromBase64(mixed.split(" ")[1] ?? ""), namespace: NAMESPACE };
    const signature = signer.sign(signedData(MESSAGE, NAMESPACE, "sha512"));
    const armored = armor(sshsig({ ...parts, hash: "sha512", signature }));
    assertEquals(reasonOf(ask({ signers: line({ text: mixed }), armored })), "crypto");
  }
  const smallOrder = bytes(mine.subarray(0, KEY_HALF), Uint8Array.of(1), new Uint8Array(31));
  const keys: readonly (readonly [Uint8Array, string])[] = [
    [mine.slice(0, -1), "key"],
    [bytes(mine, "x"), "key"],
    [mine.slice(KEY_HALF), "key"],
    [smallOrder, "ed25519_point"],
    [bytes(mine.subarray(0, KEY_HALF), new Uint8Array(32).fill(0xff)), "ed25519_point"],
  ];
  for (const [both, reason] of keys) {
    assertEquals(reasonOf(ask({ signers: line({ text: textOf(both) }) })), reason);
  }
  const short = key.text.replace("ssh-mldsa44-ed25519", "ssh-ed25519");
  assertEquals(reasonOf(ask({ signers: line({ text: short }) })), "key_type");
  const behind = textOf(mine).split(" ")[1] ?? "";
  assertEquals(reasonOf(ask({ signers: line({ text: `ssh-ed25519 ${behind}` }) })), "key");
});

Deno.test(`${MUTANTS} mutated hybrid signatures: none is accepted, none crashes`, () => {
  const random = seededRandom();
  const [mlDsa, ed25519] = halves(key);
  const whole = dearmor(by(key).armored);
  const seen = new Map<string, number>();
  for (let round = 0; round < MUTANTS; round++) {
    const place = random.next();
    // Mostly the half that only this verifier looks at; else a half of all, or all of it.
    const question = place < 0.6
      ? signedAs(bytes(sameLength(mutateBytes(mlDsa, random), HALF), ed25519))
      : place < 0.7
      ? signedAs(bytes(mlDsa, sameLength(mutateBytes(ed25519, random), 64)))
      : ask({ signers: line(key), armored: armor(mutateBytes(whole, random)) });
    const blob = dearmor(question.armored).toHex();
    if (blob === whole.toHex() || blob.endsWith(bytes(mlDsa, ed25519).toHex())) continue;
    const reason = reasonOf(question);
    assert(reason !== "accepted", `seed ${random.seed}, round ${round}: ${question.armored}`);
    seen.set(reason, (seen.get(reason) ?? 0) + 1);
  }
  assertGreater(seen.get("crypto") ?? 0, MUTANTS / 4, `${[...seen]}`);
});

function sameLength(changed: Uint8Array, length: number): Bytes {
  const whole = new Uint8Array(length);
  whole.set(changed.subarray(0, length));
  return whole;
}

Deno.test("a signature and a line of a hybrid key are as long as they are, and fit", async () => {
  const good = await genuine("sha512");
  assertEquals(good.armored.length, 5406);
  assertEquals(good.signers.length, 1912);
  assertEquals(signMessage(key, MESSAGE).length, dearmor(good.armored).length);
  const fullest = {
    document: "\n".repeat(DOCUMENT_LIMIT),
    signatures: Array.from({ length: MOST_SIGNATURES }, () => good.armored),
  };
  const stream = new TextEncoder().encode(fullest.document + fullest.signatures.join("\n"));
  assertEquals(splitSubmission(stream).signatures, fullest.signatures);
  const request = { v: 1, id: crypto.randomUUID(), op: "submit", ...fullest };
  assert(controlRequest.safeParse(request).success);
  assertLess(JSON.stringify(request).length, EXCHANGES.submit.requestBytes);
  const many = Array.from({ length: 30 }, (_, index) => `p${index} ${good.signers.slice(9)}`);
  const keys = many.map((text) =>
    text.replace(/(\S+)\s*$/, () => createTestKey(TYPE).text.split(" ")[1] ?? "")
  );
  assertEquals(reasonOf({ ...good, signers: [...keys, good.signers].join("\n") }), "accepted");
});
