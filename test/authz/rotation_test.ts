import { assertEquals } from "@std/assert";
import { type HostFacts, readSignerSets, verifyOperation } from "../../src/authz/mod.ts";
import { openOperators, type Operator } from "./support/operators.ts";
import { action, bytes, codeOf, draft, hostFacts, onHost, signerText } from "./support/scene.ts";

const operators = await openOperators();
Deno.test.afterAll(() => operators.close());
const [anna, bela, nina, rosa, rita, mallory] = [
  await operators.person("anna"),
  await operators.person("bela"),
  await operators.person("nina"),
  await operators.person("rosa"),
  await operators.person("rita"),
  await operators.person("mallory"),
];

const FACTS = hostFacts({
  operational: anna.line() + bela.line(),
  recovery: rosa.line() + rita.line(),
});

interface Rotation {
  readonly role?: "operational" | "recovery";
  readonly to: string;
  readonly by: readonly Operator[];
  readonly facts?: HostFacts;
  readonly sequence?: number;
  readonly replaces?: string;
}

/** What becomes of a rotation. */
async function rotate(rotation: Rotation): Promise<string> {
  const { role = "operational", to, by, facts = FACTS } = rotation;
  const present = facts.signers[role];
  const gated = onHost(action("signers.rotate", null, {
    role,
    sequence: rotation.sequence ?? present.sequence + 1,
    replaces: rotation.replaces ?? present.signers.digest,
    signers: to,
  }));
  const text = draft(gated);
  const signatures: string[] = [];
  for (const operator of by) signatures.push(await operator.sign(text));
  return codeOf(() => verifyOperation({ document: bytes(text), signatures }, facts, gated));
}

Deno.test("Signers bring in a new key, when its owner signs too", async () => {
  const to = anna.line() + nina.line();
  assertEquals(await rotate({ to, by: [anna, nina] }), "accepted");
  assertEquals(await rotate({ to, by: [nina, anna] }), "accepted");
  assertEquals(await rotate({ to, by: [anna] }), "authz.rotation_unproven");
  assertEquals(await rotate({ to, by: [nina] }), "authz.signer_unknown");
});

Deno.test("A key that stays proves nothing anew, and one that goes signs like any other", async () => {
  assertEquals(await rotate({ to: anna.line(), by: [bela] }), "accepted");
});

Deno.test("Whoever is neither in force nor brought in has no part in a rotation", async () => {
  const to = anna.line() + nina.line();
  assertEquals(await rotate({ to, by: [anna, nina, mallory] }), "authz.signer_unknown");
});

Deno.test("A rotation takes the highest threshold, whatever class has it", async () => {
  const facts = { ...FACTS, thresholds: { service: 1, data_loss: 2, trust: 1 } };
  const to = anna.line() + bela.line() + nina.line();
  assertEquals(await rotate({ facts, to, by: [anna, nina] }), "authz.below_threshold");
  assertEquals(await rotate({ facts, to, by: [anna, bela, nina] }), "accepted");
});

Deno.test("Operational does not touch recovery; recovery replaces either", async () => {
  const recovery = { role: "recovery", to: rosa.line() + nina.line() } as const;
  assertEquals(await rotate({ ...recovery, by: [anna, nina] }), "authz.wrong_role");
  assertEquals(await rotate({ ...recovery, by: [anna, rosa, nina] }), "authz.wrong_role");
  assertEquals(await rotate({ ...recovery, by: [rosa, nina] }), "accepted");
  assertEquals(await rotate({ to: nina.line(), by: [rosa, nina] }), "accepted");
});

Deno.test("The two roles do not add up", async () => {
  const facts = { ...FACTS, thresholds: { service: 1, data_loss: 2, trust: 1 } };
  const to = anna.line() + bela.line();
  assertEquals(await rotate({ facts, to, by: [anna, rosa] }), "authz.below_threshold");
  assertEquals(await rotate({ facts, to, by: [rosa, rita] }), "accepted");
});

Deno.test("A rotation names the set it replaces, by sequence and digest", async () => {
  const to = anna.line();
  const zeros = `sha256:${"0".repeat(64)}`;
  assertEquals(await rotate({ to, by: [anna], replaces: zeros }), "authz.rotation_stale");
  assertEquals(await rotate({ to, by: [anna], sequence: 3 }), "authz.rotation_stale");
  const signers = readSignerSets({
    operational: signerText("operational", anna.line() + bela.line(), 4),
    recovery: signerText("recovery", rosa.line()),
  });
  const facts = { ...FACTS, signers };
  assertEquals(await rotate({ facts, to, by: [anna], sequence: 1 }), "authz.rotation_stale");
  assertEquals(await rotate({ facts, to, by: [anna], sequence: 4 }), "authz.rotation_stale");
  assertEquals(await rotate({ facts, to, by: [anna], sequence: 5 }), "accepted");
});

Deno.test("Nothing leaves a role empty, or too small for the highest threshold", async () => {
  const two = { ...FACTS, thresholds: { service: 1, data_loss: 2, trust: 1 } };
  const unusable = "authz.rotation_unusable";
  const expired = 'namespaces="felhom-op-v1",valid-before="20260101Z"';
  assertEquals(await rotate({ to: "# nobody\n", by: [anna] }), unusable);
  assertEquals(await rotate({ to: anna.line(expired), by: [anna] }), unusable);
  assertEquals(await rotate({ to: anna.line('namespaces="git"'), by: [anna] }), unusable);
  assertEquals(await rotate({ facts: two, to: anna.line(), by: [anna, bela] }), unusable);
  assertEquals(await rotate({ role: "recovery", to: "# nobody\n", by: [rosa] }), unusable);
  const samePerson = anna.line() + bela.line().replace("bela", "anna");
  assertEquals(await rotate({ facts: two, to: samePerson, by: [anna, bela] }), unusable);
});

Deno.test("A rotation brings nobody into both roles, and nothing that a file may not say", async () => {
  const unusable = "authz.rotation_unusable";
  assertEquals(await rotate({ to: anna.line() + rosa.line(), by: [anna] }), unusable);
  assertEquals(await rotate({ to: anna.line() + anna.line(), by: [anna] }), unusable);
  const authority = 'cert-authority,namespaces="felhom-op-v1"';
  assertEquals(await rotate({ to: anna.line(authority), by: [anna] }), unusable);
  assertEquals(await rotate({ to: anna.line().replace("anna", "*"), by: [anna] }), unusable);
});
