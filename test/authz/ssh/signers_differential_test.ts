/**
 * What the agent accepts in a file of trust is what OpenSSH accepts in it, or less: whoever the
 * agent reads out of a file, with whichever key, for whatever and when, ssh-keygen takes for that
 * too, from the same file.
 */
import { assertEquals, assertGreater } from "@std/assert";
import {
  type AllowedSigners,
  KEY_TYPES,
  parseAllowedSigners,
  SignersError,
} from "../../../src/authz/ssh/mod.ts";
import { seededRandom } from "../../proxmox/support/seeded_random.ts";
import { armor } from "./support/encode.ts";
import { anySignersFile } from "./support/mutate_signers.ts";
import { MESSAGE } from "./support/questions.ts";
import { openSshKeygen, type Question } from "./support/ssh_keygen.ts";
import { createTestKey, signMessage } from "./support/test_key.ts";

const FILES = 3_000;
/** Questions to ssh-keygen, each a process. */
const QUESTIONS = 1_000;
/** Keys that nobody has, of which it is asked whether they are keys. */
const OTHERS = 150;
const AT = Date.UTC(2026, 10, 20, 12) / 1000;

function read(text: string): AllowedSigners | undefined {
  try {
    return parseAllowedSigners(text, { file: "signers", role: "operational" });
  } catch (error) {
    if (error instanceof SignersError) return undefined;
    throw error;
  }
}

Deno.test(`of ${FILES} files of signers, whom the agent reads out of one ssh-keygen does too`, async () => {
  await using keygen = await openSshKeygen();
  const random = seededRandom();
  const keys = KEY_TYPES.filter((type) => keygen.knows(type))
    .flatMap((type) => [createTestKey(type), createTestKey(type)]);
  const texts = keys.map(({ text }) => text);
  const questions: Question[] = [];
  const others: { readonly file: string; readonly digest: string; readonly text: string }[] = [];
  let accepted = 0;
  for (let count = 0; count < FILES; count++) {
    const file = anySignersFile(texts, AT, random);
    const signers = read(file)?.signers ?? [];
    if (signers.length === 0) continue;
    accepted++;
    const { principals, namespaces, validAfter, validBefore, key, type, keyDigest } = random.pick(
      signers,
    );
    const ours = keys.find(({ blob }) => blob.toHex() === key.blob.toHex());
    if (ours === undefined) {
      if (others.length < OTHERS) {
        others.push({ file, digest: keyDigest, text: `${type} ${key.blob.toBase64()}` });
      }
      continue;
    }
    if (questions.length >= QUESTIONS) continue;
    const namespace = random.pick(namespaces);
    // At one of both ends of the time, or now where that is in between.
    const [from, to] = [validAfter ?? 0, validBefore ?? Infinity];
    const ends = [validAfter, validBefore].filter((end) => end !== undefined);
    const at = random.pick([...ends, ...(from <= AT && AT <= to ? [AT] : [])]);
    questions.push({
      ...{ message: MESSAGE, signers: file, namespace, at },
      armored: armor(signMessage(ours, MESSAGE, { namespace })),
      principal: random.pick(principals),
    });
  }
  const taken = await keygen.verify(questions);
  const refused = questions.filter((_, index) => taken[index] !== true)
    .map(({ message: _, armored: __, ...question }) => question);
  assertEquals(refused, [], `seed ${random.seed}`);
  for (const { file, digest, text } of others) {
    assertEquals(await keygen.digestOf(text), digest, `seed ${random.seed}\n${file}`);
  }
  // Many of all kinds were refused, and enough were not.
  assertGreater(questions.length, QUESTIONS / 4);
  assertGreater(others.length, 5);
  assertGreater(FILES - accepted, FILES / 4);
});

Deno.test("a file in which ssh-keygen passes over a line is refused, that line named", async () => {
  await using keygen = await openSshKeygen();
  const [good, other] = [createTestKey("ssh-ed25519"), createTestKey("ssh-ed25519")];
  const line = `anna namespaces="felhom-op-v1" ${good.text}`;
  const unread = [
    "anna",
    `bela ${other.text.replace("AAAA", "AAAB")}`,
    `bela namespaces="felhom-op-v1",x ${other.text}`,
    `bela namespaces="felhom-op-v1 ${other.text}`,
    `bela namespaces="felhom-op-v1" ssh-none ${other.blob.toBase64()}`,
  ];
  const ask = (signers: string): Question => ({
    ...{ message: MESSAGE, signers, namespace: "felhom-op-v1", at: AT, principal: "anna" },
    armored: armor(signMessage(good, MESSAGE)),
  });
  const files = unread.map((text) => `${line}\n${text}\n`);
  assertEquals(await keygen.verify(files.map(ask)), unread.map(() => true));
  assertEquals(files.map(read), unread.map(() => undefined));
});
