import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import {
  type GatedAction,
  type HostFacts,
  isVerified,
  readSignerSets,
  recheckOperation,
  stepOf,
  STEPS,
  type Submission,
  verifyOperation,
} from "../../src/authz/mod.ts";
import { openPeople } from "./support/people.ts";
import {
  action,
  bytes,
  codeOf,
  DESTROY,
  draft,
  hostFacts,
  MINUTE,
  nextNonce,
  NOW,
  onHost,
} from "./support/scene.ts";

const { anna, bela, rosa, mallory } = await openPeople();

const FACTS = hostFacts({
  operational: anna.line() + bela.line(),
  recovery: rosa.line(),
});

async function submit(text: string, ...signers: readonly (typeof anna)[]): Promise<Submission> {
  const signatures: string[] = [];
  for (const signer of signers) signatures.push(await signer.sign(text));
  return { document: bytes(text), signatures };
}

const GOOD = draft();
const SIGNED = await submit(GOOD, anna);
const OTHER_GUEST: GatedAction = { ...DESTROY, target: { ...DESTROY.target, guest: 102 } };
const judge = (submission: Submission, facts: Partial<HostFacts> = {}, gated = DESTROY) =>
  codeOf(() => verifyOperation(submission, { ...FACTS, ...facts }, gated));

Deno.test("A document that is signed well, for here and now and this guest, is verified", () => {
  const operation = verifyOperation(SIGNED, FACTS, DESTROY);
  assertEquals(operation.action, DESTROY.action);
  assertEquals(operation.signedBy.map(({ principals, role }) => [principals, role]), [
    [["anna"], "operational"],
  ]);
  assertEquals(operation.submission, SIGNED);
  assertEquals(operation.expiresAt, NOW + 30 * MINUTE);
  assertEquals(isVerified(operation), true);
  assertEquals(isVerified({ ...operation }), false);
});

Deno.test("What was verified does not change with the bytes it was made of", () => {
  const document = bytes(GOOD);
  const operation = verifyOperation({ document, signatures: SIGNED.signatures }, FACTS, DESTROY);
  document.fill(0);
  assertEquals(operation.submission.document, bytes(GOOD));
});

Deno.test("The steps are taken in their order: each fault hides all that come after it", async () => {
  // A document with everything wrong, mended fault by fault.
  const faulty = {
    text: `${draft(DESTROY, { host: "other", instance: "0".repeat(26), nonce: nextNonce() })} `,
    signers: [rosa],
    namespace: "git",
    facts: { now: NOW + 31 * MINUTE, thresholds: { service: 1, data_loss: 2, trust: 2 } },
    gated: OTHER_GUEST,
  };
  const seen: string[] = [];
  const look = async (change: Partial<typeof faulty>) => {
    Object.assign(faulty, change);
    const signatures: string[] = [];
    for (const signer of faulty.signers) {
      signatures.push(await signer.sign(faulty.text, { namespace: faulty.namespace }));
    }
    seen.push(judge({ document: bytes(faulty.text), signatures }, faulty.facts, faulty.gated));
  };
  const { text } = faulty;
  await look({ text: text + " ".repeat(20_000) });
  await look({ text });
  await look({ namespace: "felhom-op-v1", signers: [mallory] });
  const good = faulty.text;
  const forged = await rosa.sign(good.replace("101", "102"));
  seen.push(judge({ document: bytes(good), signatures: [forged] }, faulty.facts, faulty.gated));
  await look({ signers: [rosa] });
  await look({ text: good.trimEnd() + "\n" });
  await look({ text: draft(DESTROY, { instance: "0".repeat(26) }) });
  await look({ text: draft(DESTROY) });
  await look({ facts: { ...faulty.facts, now: NOW } });
  await look({ signers: [anna] });
  await look({ signers: [anna, anna] });
  await look({ signers: [anna, bela] });
  await look({ gated: DESTROY });
  assertEquals(seen, [
    "authz.too_large",
    "authz.signature_namespace",
    "authz.signer_unknown",
    "authz.signature_invalid",
    "authz.other_rendering",
    "authz.wrong_host",
    "authz.wrong_instance",
    "authz.expired",
    "authz.wrong_role",
    "authz.below_threshold",
    "authz.same_key_twice",
    "authz.wrong_guest",
    "accepted",
  ]);
});

Deno.test("Every code of the pipeline belongs to one of its steps", () => {
  const error = new FelhomError("authz.expired", "…");
  assertEquals(stepOf(error.code), "time");
  assertEquals(stepOf("internal.bug"), undefined);
  assertEquals(STEPS.length, 10);
});

Deno.test("A document without a signature, or with seventeen, is refused before it is looked at", () => {
  assertEquals(judge({ document: bytes("?"), signatures: [] }), "authz.unsigned");
  const signatures = Array.from({ length: 17 }, () => "?");
  assertEquals(judge({ document: bytes("?"), signatures }), "authz.too_large");
});

Deno.test("Nothing of a document is looked at before a signer in force has signed it", async () => {
  assertEquals(judge(await submit("nonsense", mallory)), "authz.signer_unknown");
  assertEquals(judge(await submit("nonsense", anna)), "authz.not_json");
});

Deno.test("A good signature does not cover for a stranger's, or a broken one", async () => {
  assertEquals(judge(await submit(GOOD, anna, mallory)), "authz.signer_unknown");
  const broken = await mallory.sign(GOOD, { namespace: "file" });
  const signatures = [...SIGNED.signatures, broken];
  assertEquals(judge({ document: bytes(GOOD), signatures }), "authz.signature_namespace");
});

Deno.test("A document holds from its first second on, and not at its last", () => {
  const from = NOW - 30 * MINUTE;
  const until = NOW + 30 * MINUTE;
  assertEquals(judge(SIGNED, { now: from - 1, timeMark: from }), "authz.not_yet_valid");
  assertEquals(judge(SIGNED, { now: from, timeMark: from }), "accepted");
  assertEquals(judge(SIGNED, { now: until - 1 }), "accepted");
  assertEquals(judge(SIGNED, { now: until }), "authz.expired");
});

Deno.test("A document lives no longer than the host accepts", () => {
  assertEquals(judge(SIGNED, { longestLifetime: 60 * MINUTE }), "accepted");
  assertEquals(judge(SIGNED, { longestLifetime: 60 * MINUTE - 1 }), "authz.lifetime_too_long");
});

Deno.test("A clock more than five minutes behind the mark blocks all that is signed", () => {
  assertEquals(judge(SIGNED, { timeMark: NOW + 5 * MINUTE }), "accepted");
  assertEquals(judge(SIGNED, { timeMark: NOW + 5 * MINUTE + 1 }), "authz.clock_behind");
});

Deno.test("A state that is older than the host blocks all that is signed", () => {
  assertEquals(judge(SIGNED, { stateBehind: true }), "authz.state_behind");
});

Deno.test("A host without signers takes nothing", () => {
  const { signers } = hostFacts({});
  assertEquals(judge(SIGNED, { signers }), "authz.signer_unknown");
});

Deno.test("At dispatch everything is looked at again, as it is then", async () => {
  const again = (facts: Partial<HostFacts>, gated = DESTROY) =>
    codeOf(() => recheckOperation(SIGNED, { ...FACTS, ...facts }, gated));
  assertEquals(again({}), "accepted");
  assertEquals(again({ now: NOW + 30 * MINUTE }), "authz.expired");
  assertEquals(again({ stateBehind: true }), "authz.state_behind");
  assertEquals(again({ instance: "0".repeat(26) }), "authz.wrong_instance");
  const { signers } = hostFacts({ operational: bela.line() });
  assertEquals(again({ signers }), "authz.signer_unknown");
  assertEquals(
    again({ thresholds: { service: 1, data_loss: 2, trust: 1 } }),
    "authz.below_threshold",
  );
  const renamed = { ...DESTROY, target: { ...DESTROY.target, name: "customer-b" } };
  assertEquals(again({}, renamed), "authz.wrong_name");
  const stored = { ...SIGNED, document: bytes(await Promise.resolve(GOOD.replace("101", "102"))) };
  assertEquals(codeOf(() => recheckOperation(stored, FACTS, DESTROY)), "authz.signature_invalid");
});

Deno.test("Another action than the signed one is told by what differs", () => {
  const { target } = DESTROY;
  const others: Readonly<Record<string, typeof DESTROY>> = {
    "authz.wrong_operation": {
      action: action("guest.rollback", 101, { snapshot: "before", taken_at: 1 }),
      target,
    },
    "authz.wrong_guest": {
      action: action("guest.destroy", 102, { purge: true }),
      target: { ...target, guest: 102 },
    },
    "authz.wrong_name": { ...DESTROY, target: { ...target, name: null } },
    "authz.wrong_identity": { ...DESTROY, target: { ...target, identity: null } },
    "authz.wrong_params": { action: action("guest.destroy", 101, { purge: false }), target },
  };
  for (const [code, gated] of Object.entries(others)) assertEquals(judge(SIGNED, {}, gated), code);
  assertEquals(judge(SIGNED, {}, onHost(DESTROY.action)), "authz.wrong_guest");
  assertThrows(
    () => verifyOperation(SIGNED, FACTS, { ...DESTROY, target: { ...target, name: null } }),
    FelhomError,
    'Signed is guest 101 named "customer-a"; there is no such guest',
  );
});

Deno.test("A document without a guest is for one host and one instance as well", async () => {
  const { digest } = FACTS.signers.operational.signers;
  const rotation = onHost(action("signers.rotate", null, {
    ...{ role: "operational", sequence: 2, replaces: digest, signers: anna.line() },
  }));
  const to = async (changes: Parameters<typeof draft>[1]) =>
    judge(await submit(draft(rotation, changes), anna), {}, rotation);
  assertEquals(await to({}), "accepted");
  assertEquals(await to({ host: "other" }), "authz.wrong_host");
  assertEquals(await to({ instance: "0".repeat(26) }), "authz.wrong_instance");
  const good = await submit(draft(rotation), anna);
  assertEquals(judge(good, { stateBehind: true }, rotation), "authz.state_behind");
});

Deno.test("What loses data is signed for a shorter time than other work", async () => {
  const short = { longestLifetimeDataLoss: 60 * MINUTE - 1 };
  assertEquals(judge(SIGNED, { longestLifetimeDataLoss: 60 * MINUTE }), "accepted");
  assertEquals(judge(SIGNED, short), "authz.lifetime_too_long");
  assertEquals(judge(SIGNED, { longestLifetime: 60 * MINUTE - 1 }), "authz.lifetime_too_long");
  const { digest } = FACTS.signers.operational.signers;
  const rotation = onHost(action("signers.rotate", null, {
    ...{ role: "operational", sequence: 2, replaces: digest, signers: anna.line() },
  }));
  assertEquals(judge(await submit(draft(rotation), anna), short, rotation), "accepted");
});

Deno.test("Nothing signed is done with signers below the floor of either role, whoever signs", async () => {
  for (const role of ["operational", "recovery"] as const) {
    const floor = (least: number) => ({
      signersFloor: { operational: 0, recovery: 0, [role]: least },
    });
    assertEquals(judge(SIGNED, floor(1)), "accepted");
    assertEquals(judge(SIGNED, floor(2)), "authz.signers_behind");
    // Somebody who was brought in since is not told that he may not.
    assertEquals(judge(await submit(GOOD, mallory), floor(2)), "authz.signers_behind");
  }
});

Deno.test("No rotation brings in a revoked key, though its owner signs too", async () => {
  const { digest } = FACTS.signers.operational.signers;
  const rotation = onHost(action("signers.rotate", null, {
    ...{
      role: "operational",
      sequence: 2,
      replaces: digest,
      signers: anna.line() + mallory.line(),
    },
  }));
  const submission = await submit(draft(rotation), anna, mallory);
  assertEquals(judge(submission, {}, rotation), "accepted");
  const key = readSignerSets({
    operational: { text: mallory.line(), file: "f", sequence: 1 },
    recovery: { text: "", file: "f", sequence: 1 },
  }).operational.signers.signers[0]?.keyDigest ?? "";
  const refused = judge(submission, { revokedKeys: new Set([key]) }, rotation);
  assertEquals(refused, "authz.rotation_unusable");
});
