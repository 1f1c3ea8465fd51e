import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  KEY_TYPES,
  loadVerifiers,
  parseAllowedSigners,
  SignatureError,
  SignersError,
  verifySshsig,
} from "../../../src/authz/ssh/mod.ts";
import { Refusal } from "../../../src/authz/ssh/refusals.ts";
import { readPublicKey } from "../../../src/authz/ssh/public_key.ts";
import { type SeededRandom, seededRandom } from "../../proxmox/support/seeded_random.ts";
import { armor, bytes, sshsig, string } from "./support/encode.ts";
import { mutateArmor, mutateBytes, mutateText } from "./support/mutate.ts";
import { createTestKey, signMessage } from "./support/test_key.ts";

const BLOBS = 200_000;
const KEYS = 20_000;
const FILES = 20_000;
/** One call, in milliseconds: a machine under load pauses, but a hang is something else. */
const LONGEST = 1_000;

const namespace = "felhom-op-v1";
const at = Date.UTC(2026, 10, 20);
const message = new TextEncoder().encode("destroy 101\n");
const keys = KEY_TYPES.map((type) => createTestKey(type));
const file = keys.map(({ text }, index) => `p${index} namespaces="${namespace}" ${text}\n`).join(
  "",
);
const signers = parseAllowedSigners(file, { file: "signers", role: "operational" });
const good = keys.map((key) => signMessage(key, message));
await loadVerifiers(good.map((blob) => armor(blob)));
/** Hybrid keys take ten milliseconds a signature and have a sample of their own. */
const mutated = keys.filter(({ type }) => !type.includes("mldsa")).length;

/** Does `call` `count` times and gives what the refusals were, each held to the limit of time. */
function refusals(
  count: number,
  call: () => void,
  isRefusal: (error: unknown) => string,
): Map<string, number> {
  const seen = new Map<string, number>();
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    let outcome = "accepted";
    try {
      call();
    } catch (error) {
      outcome = isRefusal(error);
    }
    assertLess(performance.now() - start, LONGEST, `round ${round}`);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  return seen;
}

function reasonOf(error: unknown): string {
  if (error instanceof SignatureError || error instanceof Refusal) return error.reason;
  if (error instanceof SignersError) return error.problems[0]?.reason ?? "no reason";
  throw error;
}

/**
 * A signature that was changed in one of its layers: as bytes, the signature proper, the armor.
 * `undefined` when nothing came of it: the same again, or the same number twice
 * (`n - s` beside `s`, which chance does not find).
 */
function mutant(random: SeededRandom): string | undefined {
  // The runtime takes a millisecond for some curves: those come less often.
  const which = random.next() < 0.8 ? random.pick([0, 1]) : random.integer(0, mutated - 1);
  const [key, blob] = [keys[which], good[which]];
  if (key === undefined || blob === undefined) return undefined;
  const layer = random.next();
  if (layer < 0.75) {
    const changed = mutateBytes(blob, random);
    return changed.toHex() === blob.toHex() ? undefined : armor(changed);
  }
  if (layer < 0.95) {
    const inner = blob.subarray(blob.toHex().lastIndexOf(string(key.type).toHex()) / 2);
    const signature = mutateBytes(inner, random);
    if (signature.toHex() === inner.toHex()) return undefined;
    return armor(sshsig({ key: key.blob, namespace, hash: "sha512", signature }));
  }
  const armored = armor(blob);
  const changed = mutateArmor(armored, random);
  // Where it says the same bytes with other blanks between, it is no mutant.
  const said = (text: string) => text.replaceAll(/[ \t\r\n]/g, "");
  return said(changed) === said(armored) ? undefined : changed;
}

Deno.test(`${BLOBS} mutated signatures: none is accepted, none crashes, none hangs`, () => {
  for (const blob of good) {
    assert(verifySshsig(message, armor(blob), { namespace, signers, at }));
  }
  const random = seededRandom();
  let made = 0;
  const seen = refusals(BLOBS, () => {
    let armored;
    while ((armored = mutant(random)) === undefined);
    made++;
    verifySshsig(message, armored, { namespace, signers, at });
    throw new Error(`seed ${random.seed}: accepted ${JSON.stringify(armored)}`);
  }, reasonOf);
  assertEquals(made, BLOBS);
  // It got everywhere: into armor, wire, names, numbers, and as far as cryptography.
  for (const reason of ["armor", "wire", "text", "signer_unknown", "hash", "crypto"]) {
    assertGreater(seen.get(reason) ?? 0, 5, `${reason}: ${[...seen]}`);
  }
});

Deno.test(`${KEYS} mutated keys: each is refused, or is another key in its one spelling`, () => {
  const random = seededRandom();
  const seen = refusals(KEYS, () => {
    const blob = mutateBytes(random.pick(keys).blob, random);
    assertEquals(readPublicKey(blob).blob, blob);
  }, reasonOf);
  assertGreater(seen.get("key") ?? 0, KEYS / 10, `${[...seen]}`);
});

Deno.test(`${FILES} mutated signers files: each is refused with a line, or read`, () => {
  const random = seededRandom();
  const lines = file.split("\n").slice(0, -1);
  refusals(FILES, () => {
    const text = mutateText(random.pick(lines), random);
    const read = parseAllowedSigners(text, { file: "signers", role: "recovery" });
    for (const { principals, namespaces } of read.signers) {
      assertGreater(principals.length, 0);
      assertGreater(namespaces.length, 0);
    }
  }, reasonOf);
});

Deno.test("text made to keep a parser busy does not", () => {
  const many = 60_000;
  const texts = [
    '"'.repeat(many),
    'a namespaces="' + '\\"'.repeat(many / 2),
    "a " + '""'.repeat(many / 2),
    "a " + "x,".repeat(many / 2),
    "a " + "A".repeat(many),
    "a ".repeat(many / 2),
    "\t".repeat(many) + "a",
    ",".repeat(many) + " ssh-ed25519 A",
    "a,".repeat(many / 2) + ` namespaces="x" ${keys[0]?.text}`,
    `a namespaces="${"x,".repeat(many / 2)}" ${keys[0]?.text}`,
    `a namespaces="x" ${keys[0]?.text} ${"# ".repeat(many / 4)}`,
    "a ssh-ed25519 AAAA\n".repeat(many / 20),
  ];
  for (const text of texts) {
    const start = performance.now();
    try {
      parseAllowedSigners(text, { file: "signers", role: "operational" });
    } catch (error) {
      reasonOf(error);
    }
    assertLess(performance.now() - start, LONGEST, text.slice(0, 40));
  }
});

Deno.test("a length that is announced takes no memory", () => {
  const announced = bytes("SSHSIG", Uint8Array.of(0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff));
  const start = performance.now();
  for (let round = 0; round < 1_000; round++) {
    try {
      verifySshsig(message, armor(announced), { namespace, signers, at });
    } catch (error) {
      assertEquals(reasonOf(error), "wire");
    }
  }
  assertLess(performance.now() - start, LONGEST);
});
