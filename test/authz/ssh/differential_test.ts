import { assert, assertEquals, assertGreater } from "@std/assert";
import { KEY_TYPES, type RefusalReason, stricterThanOpenSsh } from "../../../src/authz/ssh/mod.ts";
import { type SeededRandom, seededRandom } from "../../proxmox/support/seeded_random.ts";
import { armor, bytes, dearmor } from "./support/encode.ts";
import { judge, type Judgement } from "./support/judge.ts";
import { mutateArmor, mutateBytes, mutateText } from "./support/mutate.ts";
import { MADE_TYPES, openSshKeygen, type Question, type SshKeygen } from "./support/ssh_keygen.ts";
import { createTestKey, type Oddities, signMessage, type TestKey } from "./support/test_key.ts";

const CASES = 3_200;
const NAMESPACES = ["felhom-op-v1", "felhom-op-v1", "felhom-op-v1", "git", "file", "felhom-op"];
const AT = Date.UTC(2026, 10, 20, 12) / 1000;
const DAY = 86_400;

/** A question with a key of whose signatures it is one. */
interface Base {
  readonly question: Question;
  readonly keyText: string;
  /** A key that is at hand for signing something else. */
  readonly key?: TestKey;
}

type Change = (base: Base, random: SeededRandom) => Question;

/** What is done to a good signature. The number says how often, relative to the others. */
const CHANGES: Readonly<Record<string, readonly [number, Change]>> = {
  nothing: [4, ({ question }) => question],
  message: [2, ({ question }, random) => ({
    ...question,
    message: mutateBytes(question.message, random),
  })],
  armor: [4, ({ question }, random) => ({
    ...question,
    armored: mutateArmor(question.armored, random),
  })],
  bytes: [5, ({ question }, random) => ({
    ...question,
    armored: armor(mutateBytes(dearmor(question.armored), random)),
  })],
  namespace: [2, ({ question }, random) => ({ ...question, namespace: random.pick(NAMESPACES) })],
  oddity: [5, (base, random) => signOddly(base, random)],
  key: [3, ({ question, keyText }, random) => {
    const [type = "", base64 = ""] = keyText.split(" ");
    const blob = mutateBytes(Uint8Array.fromBase64(base64), random);
    const replaced = question.signers.replace(base64, blob.toBase64());
    // In both places: what is looked up is found.
    const inside = dearmor(question.armored).toHex()
      .replace(Uint8Array.fromBase64(base64).toHex(), blob.toHex());
    const signers = random.pick([replaced, replaced, question.signers.replace(type, "ssh-rsa")]);
    return { ...question, signers, armored: armor(Uint8Array.fromHex(inside)) };
  }],
  options: [7, ({ question, keyText }, random) => ({
    ...question,
    signers: `${random.pick(["", "# comment\n", "\n"])}${question.principal} ${
      anyOptions(random)
    }${keyText}${random.pick(["", " comment", " # two words", "\r"])}\n`,
    at: AT + random.pick([-1, 0, 0, 1, -DAY, DAY]),
  })],
  signers: [6, ({ question }, random) => ({
    ...question,
    signers: mutateText(question.signers, random),
  })],
};

/** The same, signed as it usually is not. Without a key to sign with, another part is changed. */
function signOddly({ key, question }: Base, random: SeededRandom): Question {
  if (key === undefined) return { ...question, armored: mutateArmor(question.armored, random) };
  const oddities = random.pick<Oddities & { readonly hash?: string; readonly namespace?: string }>([
    { flags: random.integer(0, 255), counter: random.integer(0, 0xffffffff) },
    { zeros: random.integer(0, 2) },
    { hash: random.pick(["sha256", "sha512", "sha384", "sha1"]) },
    { namespace: random.pick([...NAMESPACES, "", "felhom-op-v1\0", "felhom-op-v1\0x"]) },
    { digest: random.pick(["sha1", "sha256", "sha512"]) },
    { algorithm: random.pick([...KEY_TYPES, "rsa-sha2-256", "rsa-sha2-512", "ecdsa"]) },
    { application: "ssh:other" },
    { page: "https://example.com" },
    { trailing: "\0" },
    { change: (signature) => mutateBytes(signature, random) },
    { change: (signature) => bytes(new Uint8Array(1), signature) },
    { change: (signature) => signature.slice(1) },
  ]);
  return { ...question, armored: armor(signMessage(key, question.message, oddities)) };
}

/** Options as somebody might write them, right and wrong, in front of a key. */
function anyOptions(random: SeededRandom): string {
  const option = () =>
    random.pick([
      'namespaces="felhom-op-v1"',
      'NameSpaces="git,felhom-op-v1"',
      `namespaces="${
        random.pick(["git", "*", "felhom-op-v?", "!git,*", "", 'a\\"b,felhom-op-v1'])
      }"`,
      `valid-after="${anyTime(random)}"`,
      `valid-before="${anyTime(random)}"`,
      "cert-authority",
      random.pick(["no-touch-required", "namespaces", 'namespaces="', "namespaces=x", "=", ","]),
    ]);
  const rest = Array.from({ length: random.integer(0, 2) }, option);
  const usual = random.next() < 0.6 ? ['namespaces="felhom-op-v1"'] : [];
  const options = random.next() < 0.5 ? [...usual, ...rest] : [...rest, ...usual];
  return options.length === 0 ? "" : options.join(",") + random.pick([" ", " ", "  ", "\t"]);
}

function anyTime(random: SeededRandom): string {
  const near = AT + random.pick([-DAY, -1, 0, 1, DAY, 10 * DAY]);
  const text = new Date(near * 1000).toISOString().replaceAll(/[-:T]|\.\d+Z/g, "");
  return text.slice(0, random.pick([8, 12, 14, 14, 10, 4])) +
    random.pick(["Z", "Z", "Z", "Z", "", "z", "UTC", "ZZ", "+1"]);
}

/** Good signatures of every type: by ssh-keygen where it can, else by keys of ours. */
async function makeBases(keygen: SshKeygen, random: SeededRandom): Promise<Base[]> {
  const principal = "alice@example.com";
  const usual = { namespace: "felhom-op-v1", principal, at: AT };
  const signersOf = (text: string) => `${principal} namespaces="felhom-op-v1" ${text}\n`;
  const anyMessage = () => bytes(random.text('{}":,abc019 \n', 0, 200));
  const bases: Base[] = [];
  for (const type of KEY_TYPES.filter((name) => keygen.knows(name))) {
    for (let count = 0; count < 4; count++) {
      const key = createTestKey(type, { application: random.pick(["ssh:", "ssh:operator"]) });
      const message = anyMessage();
      const armored = armor(signMessage(key, message));
      const question = { ...usual, message, armored, signers: signersOf(key.text) };
      bases.push({ question, keyText: key.text, key });
    }
    if (!isMade(type)) continue;
    const made = await keygen.makeKey(type);
    for (const hash of ["sha256", "sha512"] as const) {
      const message = anyMessage();
      const armored = await keygen.sign(made, message, { hash });
      const question = { ...usual, message, armored, signers: signersOf(made.text) };
      bases.push({ question, keyText: made.text });
    }
  }
  return bases;
}

function isMade(type: string): type is keyof typeof MADE_TYPES {
  return Object.hasOwn(MADE_TYPES, type);
}

Deno.test(`in ${CASES} cases ssh-keygen accepts what the agent accepts, and refuses what it refuses, but for the list`, async () => {
  await using keygen = await openSshKeygen();
  const random = seededRandom();
  const bases = await makeBases(keygen, random);
  for (const { question } of bases) assert("accepted" in judge(question), question.signers);

  const names = Object.entries(CHANGES).flatMap(([name, [often]]) =>
    Array.from({ length: often }, () => name)
  );
  const cases = Array.from({ length: CASES }, () => {
    const name = random.pick(names);
    const base = random.pick(bases);
    const changed = CHANGES[name]?.[1](base, random) ?? base.question;
    const judgement = judge(changed);
    // Whom the agent takes it for is whom ssh-keygen is asked about.
    const principal = "accepted" in judgement
      ? random.pick(judgement.accepted.principals)
      : changed.principal;
    return { name, judgement, question: { ...changed, principal } };
  });
  const taken = await keygen.verify(cases.map(({ question }) => question));

  const seen = new Map<string, number>();
  const disagreements: string[] = [];
  for (const [index, { name, judgement, question }] of cases.entries()) {
    const what = outcome(judgement, taken[index] ?? false);
    seen.set(what, (seen.get(what) ?? 0) + 1);
    const agree = "accepted" in judgement ? taken[index] : !taken[index];
    if (agree || isOnTheList(judgement, question)) continue;
    const asked = JSON.stringify({ ...question, message: question.message.toHex() });
    disagreements.push(`case ${index}, ${name}: ${what}\n${asked}`);
  }
  // deno-lint-ignore no-console -- what was compared, for whoever reads the run
  console.log([...seen].sort().map(([what, count]) => `${count} ${what}`).join("\n"));
  assertEquals(disagreements, [], `seed ${random.seed}`);
  assertEquals([...seen.values()].reduce((sum, count) => sum + count, 0), CASES);
  assertGreater(seen.get("both accept") ?? 0, CASES / 10);
  assertGreater(seen.size, 20);
});

function outcome(judgement: Judgement, taken: boolean): string {
  if ("accepted" in judgement) return taken ? "both accept" : "only the agent accepts";
  const [reason] = judgement.refused;
  return `${taken ? "only the agent refuses" : "both refuse"}: ${reason}`;
}

/**
 * Whether a refusal is one that the list says OpenSSH does not share. A file of signers is refused
 * for any of its lines; OpenSSH looks for one that fits and passes over the others.
 */
function isOnTheList(judgement: Judgement, { signers }: Question): boolean {
  if ("accepted" in judgement) return false;
  const listed = (reason: RefusalReason) => stricterThanOpenSsh(reason) !== undefined;
  if (judgement.refused.some(listed)) return true;
  const lines = signers.split("\n").filter((line) => line.trim() !== "");
  return judgement.lines.length > 0 && judgement.lines.length < lines.length;
}
