/**
 * What is handed in with a signature, and is refused: each case by the code of its own, with no
 * permit, nothing authorised, no nonce used up, and an entry in the audit log that says why.
 */
import { assert, assertEquals } from "@std/assert";
import { type Action, readAction } from "../../src/action/mod.ts";
import { parseDocument, type Submission } from "../../src/authz/mod.ts";
import type { Facts } from "../../src/gate/mod.ts";
import type { Operator } from "../authz/support/operators.ts";
import { openPeople } from "../authz/support/people.ts";
import { codeOf, hostFacts, MINUTE, NOW } from "../authz/support/scene.ts";
import {
  DESTROY,
  documentFor,
  facts,
  guest,
  type HostOptions,
  onHost,
  PARTS,
  said,
  signed,
  wish,
} from "./support/host.ts";

const { anna, bela, rosa, mallory } = await openPeople();

const HOST: HostOptions = { operational: anna.line() + bela.line(), recovery: rosa.line() };
const TWO: HostOptions = { ...HOST, thresholds: { service: 1, data_loss: 2, trust: 2 } };

interface Case {
  readonly name: string;
  readonly code: string;
  /** @default a good document for the destruction of guest 101 */
  readonly document?: string | Uint8Array;
  /** @default anna */
  readonly by?: readonly Operator[];
  readonly namespace?: string;
  /** What happens to it on its way. */
  readonly tamper?: (submission: Submission) => Submission;
  /** What it is handed in for. @default what the document says */
  readonly action?: unknown;
  /** What stands there. */
  readonly facts?: Partial<Facts>;
  readonly host?: Partial<HostOptions>;
}

const GOOD = documentFor();
const edit = (from: string | RegExp, to: string) => {
  const text = GOOD.replace(from, () => to);
  assert(text !== GOOD, `Nothing to replace: ${from}`);
  return text;
};
const armor = (change: (text: string) => string) => (submission: Submission): Submission => ({
  ...submission,
  signatures: submission.signatures.map(change),
});
const content = (change: (bytes: Uint8Array) => Uint8Array) => (submission: Submission) => ({
  ...submission,
  document: change(submission.document.slice()),
});

const SNAPSHOT = { snapshot: "before", taken_at: NOW / 1000 - 60 };
const ROLLBACK: Action = { kind: "guest.rollback", guest: 101, params: SNAPSHOT };
const WITH_SNAPSHOT: Partial<Facts> = {
  place: guest({ snapshots: [{ name: "before", takenAt: SNAPSHOT.taken_at }] }),
};

const SIGNERS: readonly Case[] = [
  { name: "by a signer nobody knows", by: [mallory], code: "authz.signer_unknown" },
  { name: "by nobody", by: [], code: "authz.unsigned" },
  {
    name: "by a signer whose time is over",
    host: { operational: anna.line('namespaces="felhom-op-v1",valid-before="20261119Z"') },
    code: "authz.signer_expired",
  },
  {
    name: "by a signer whose time has not come",
    host: { operational: anna.line('namespaces="felhom-op-v1",valid-after="20261121Z"') },
    code: "authz.signer_not_yet_valid",
  },
  {
    name: "by a signer who may sign for git only",
    host: { operational: anna.line('namespaces="git"') },
    code: "authz.signer_namespace",
  },
  { name: "with a signature for git", namespace: "git", code: "authz.signature_namespace" },
  { name: "with a signature for a file", namespace: "file", code: "authz.signature_namespace" },
  {
    name: "with a signature for the next version",
    namespace: "felhom-op-v2",
    code: "authz.signature_namespace",
  },
  { name: "by a recovery key", by: [rosa], code: "authz.wrong_role" },
  { name: "by an operational and a recovery key", by: [anna, rosa], code: "authz.wrong_role" },
  { name: "by one of the two it takes", host: TWO, code: "authz.below_threshold" },
  { name: "by the same key twice", host: TWO, by: [anna, anna], code: "authz.same_key_twice" },
  {
    name: "by two keys of one person",
    host: { ...TWO, operational: anna.line() + bela.line().replace("bela", "anna") },
    by: [anna, bela],
    code: "authz.below_threshold",
  },
  {
    name: "by two who share a name",
    host: {
      ...TWO,
      operational: anna.line().replace("anna", "anna,admin") +
        bela.line().replace("bela", "bela,admin"),
    },
    by: [anna, bela],
    code: "authz.below_threshold",
  },
  {
    name: "by a signer in force and one nobody knows",
    host: TWO,
    by: [anna, mallory],
    code: "authz.signer_unknown",
  },
];

const TAMPERED: readonly Case[] = [
  {
    name: "with one byte of the document changed",
    tamper: content((bytes) => bytes.with(bytes.indexOf(49), 50)),
    code: "authz.signature_invalid",
  },
  {
    name: "with one byte more",
    tamper: content((bytes) => Uint8Array.of(...bytes, 10)),
    code: "authz.signature_invalid",
  },
  {
    name: "with one byte less",
    tamper: content((bytes) => bytes.slice(0, -1)),
    code: "authz.signature_invalid",
  },
  {
    name: "with one byte of the signature changed",
    tamper: armor((text) => flipSignatureByte(text)),
    code: "authz.signature_invalid",
  },
  {
    name: "with one character of the armor's head changed",
    tamper: armor((text) => text.replace("BEGIN SSH", "BEGIN SSl")),
    code: "authz.signature_malformed",
  },
  {
    name: "with one character of the armor's foot changed",
    tamper: armor((text) => text.replace("END SSH", "END SSl")),
    code: "authz.signature_malformed",
  },
  {
    name: "with a character that is not base64 in the armor",
    tamper: armor((text) => text.replace(/\n./, "\n*")),
    code: "authz.signature_malformed",
  },
];

/** The last byte of the blob is the last of S: a change there leaves the form as it is. */
function flipSignatureByte(armored: string): string {
  const lines = armored.trimEnd().split("\n");
  const blob = Uint8Array.fromBase64(lines.slice(1, -1).join(""));
  const at = blob.length - 40;
  blob[at] = (blob[at] ?? 0) ^ 1;
  const text = blob.toBase64().match(/.{1,70}/g) ?? [];
  return [lines[0], ...text, lines.at(-1), ""].join("\n");
}

const ELSEWHERE: readonly Case[] = [
  {
    name: "for another host",
    document: documentFor(DESTROY, facts(), { host: "other" }),
    code: "authz.wrong_host",
  },
  {
    name: "for the state before a reinstallation",
    document: documentFor(DESTROY, facts(), { instance: "3".repeat(26) }),
    code: "authz.wrong_instance",
  },
  {
    name: "on a state restored from a backup",
    facts: { journal: "older_than_host" },
    code: "authz.state_behind",
  },
  { name: "that has expired", host: { now: NOW + 30 * MINUTE }, code: "authz.expired" },
  {
    name: "that is not valid yet",
    host: { now: NOW - 31 * MINUTE, timeMark: NOW - 60 * MINUTE },
    code: "authz.not_yet_valid",
  },
  {
    name: "that lives too long",
    document: documentFor(DESTROY, facts(), { lifetime: 24 * 60 * MINUTE + 1000 }),
    code: "authz.lifetime_too_long",
  },
  {
    name: "while the clock is behind a time that was seen",
    host: { timeMark: NOW + 6 * MINUTE },
    code: "authz.clock_behind",
  },
];

const BINDING: readonly Case[] = [
  {
    name: "for another operation",
    action: ROLLBACK,
    facts: WITH_SNAPSHOT,
    code: "authz.wrong_operation",
  },
  {
    name: "for another guest",
    action: { ...DESTROY, guest: 102 },
    facts: { subject: 102 },
    code: "authz.wrong_guest",
  },
  {
    name: "with facts about another guest",
    facts: { subject: 102 },
    code: "authz.wrong_guest",
  },
  {
    name: "for a guest that was renamed",
    facts: { place: guest({ name: "customer-b" }) },
    code: "authz.wrong_name",
  },
  {
    name: "for a guest that was made anew under the same VMID and name",
    facts: { place: guest({ parts: { ...PARTS, macs: ["BC:24:11:00:00:99"] } }) },
    code: "authz.wrong_identity",
  },
  {
    name: "for a guest that was given another guest's volume",
    facts: {
      place: guest({
        parts: { ...PARTS, volumes: [...PARTS.volumes, "local-lvm:vm-102-disk-0"] },
      }),
    },
    code: "authz.wrong_identity",
  },
  {
    name: "for a guest that is gone",
    facts: { place: { kind: "free" } },
    code: "authz.wrong_name",
  },
  {
    name: "with another identity written into it",
    document: edit(/sha256:[0-9a-f]{64}/, `sha256:${"0".repeat(64)}`),
    code: "authz.wrong_identity",
  },
  {
    name: "with other parameters",
    action: { ...DESTROY, params: { purge: false } },
    code: "authz.wrong_params",
  },
  {
    name: "for a job with one more parameter",
    action: { ...DESTROY, params: { purge: true, force: true } },
    code: "authz.malformed",
  },
  {
    name: "for a snapshot of the same name but another time",
    document: documentFor(ROLLBACK, facts(WITH_SNAPSHOT)),
    action: { ...ROLLBACK, params: { ...SNAPSHOT, taken_at: SNAPSHOT.taken_at + 1 } },
    facts: WITH_SNAPSHOT,
    code: "authz.wrong_params",
  },
  {
    name: "for a snapshot that was replaced by one of the same name",
    document: documentFor(ROLLBACK, facts(WITH_SNAPSHOT)),
    action: ROLLBACK,
    facts: { place: guest({ snapshots: [{ name: "before", takenAt: NOW / 1000 }] }) },
    code: "snapshot_replaced",
  },
  {
    name: "for a VMID outside of the managed set",
    facts: { managed: { first: 200, last: 299 } },
    code: "not_managed",
  },
];

const UNMOUNT: Action = {
  kind: "disk.unmount",
  guest: null,
  params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
};
const UNUSED: Partial<Facts> = { subject: null, place: { kind: "free" }, diskUsers: [] };

const DISKS: readonly Case[] = [
  {
    name: "to unmount another disk",
    document: documentFor(UNMOUNT, facts(UNUSED)),
    action: { ...UNMOUNT, params: { uuid: "9a41c2a9-5b7e-4d7c-9a41-0c2f7e6d8b15" } },
    facts: UNUSED,
    code: "authz.wrong_params",
  },
  {
    name: "to unmount, handed in to mount",
    document: documentFor(UNMOUNT, facts(UNUSED)),
    action: { ...UNMOUNT, kind: "disk.mount" },
    facts: UNUSED,
    code: "authz.wrong_operation",
  },
  {
    name: "to unmount a disk that somebody uses by now",
    document: documentFor(UNMOUNT, facts(UNUSED)),
    action: UNMOUNT,
    facts: { ...UNUSED, diskUsers: ["guest 201"] },
    code: "disk_in_use",
  },
  {
    name: "to unmount a disk of which nobody can tell any more who uses it",
    document: documentFor(UNMOUNT, facts(UNUSED)),
    action: UNMOUNT,
    facts: { ...UNUSED, diskUsers: null },
    code: "disk_use_unknown",
  },
  {
    name: "to unmount, by a recovery key",
    document: documentFor(UNMOUNT, facts(UNUSED)),
    action: UNMOUNT,
    facts: UNUSED,
    by: [rosa],
    code: "authz.wrong_role",
  },
];

/** A rotation of a role to one of its signers, with the document that asks for it. */
function rotation(
  role: "operational" | "recovery",
  signers: string,
): Pick<Case, "action" | "document" | "facts"> {
  const present = hostFacts(HOST).signers[role].signers;
  const action: Action = {
    kind: "signers.rotate",
    guest: null,
    params: { role, sequence: 2, replaces: present.digest, signers },
  };
  const shown = { subject: null, place: { kind: "free" } } as const;
  return { action, document: documentFor(action, facts(shown)), facts: shown };
}

const ROTATION: readonly Case[] = [
  {
    name: "of an operational key to replace recovery",
    ...rotation("recovery", anna.line()),
    code: "authz.wrong_role",
  },
  {
    name: "to replace signers, below the highest threshold",
    ...rotation("operational", anna.line() + bela.line()),
    host: { thresholds: { service: 1, data_loss: 2, trust: 1 } },
    code: "authz.below_threshold",
  },
  {
    name: "that would leave a role empty",
    ...rotation("operational", "# nobody\n"),
    code: "authz.rotation_unusable",
  },
  {
    name: "that brings in a key whose owner did not sign",
    ...rotation("operational", anna.line() + mallory.line()),
    code: "authz.rotation_unproven",
  },
  {
    name: "that replaces signers who are in force no more",
    ...rotation("operational", anna.line()),
    host: { operational: anna.line() },
    code: "authz.rotation_stale",
  },
];

const FORM: readonly Case[] = [
  {
    name: "with one more parameter",
    document: edit('"purge": true', '"purge": true,\n    "force": true'),
    code: "authz.unknown_key",
  },
  {
    name: "with a key twice",
    document: edit('"purge": true', '"purge": false,\n    "purge": true'),
    code: "authz.other_rendering",
  },
  {
    name: "with an unknown key",
    document: edit('  "reason"', '  "note": "",\n  "reason"'),
    code: "authz.unknown_key",
  },
  {
    name: "of an unknown version",
    document: edit('"v": 1', '"v": 2'),
    code: "authz.unknown_version",
  },
  {
    name: "of an unknown operation",
    document: edit("guest.destroy", "guest.vanish"),
    code: "authz.unknown_operation",
  },
  {
    name: "in another rendering",
    document: `${JSON.stringify(JSON.parse(GOOD))}\n`,
    code: "authz.other_rendering",
  },
  {
    name: "that is not UTF-8",
    document: Uint8Array.of(...new TextEncoder().encode(GOOD), 0xff),
    code: "authz.wrong_encoding",
  },
  { name: "of a megabyte", document: " ".repeat(1024 * 1024), code: "authz.too_large" },
  {
    name: "that nests deeply",
    document: edit("true", "[".repeat(5000) + "]".repeat(5000)),
    code: "authz.too_deep",
  },
  {
    name: "with a hidden character",
    document: edit("contract", "con\u200btract"),
    code: "authz.hidden_characters",
  },
  {
    name: "with a variation selector, which shows nothing",
    document: edit("contract", "con\u{e0101}tract"),
    code: "authz.hidden_characters",
  },
  {
    name: "with text turned around",
    document: edit("contract", "\u202econtract"),
    code: "authz.hidden_characters",
  },
];

const MATRIX = [...SIGNERS, ...TAMPERED, ...ELSEWHERE, ...BINDING, ...DISKS, ...ROTATION, ...FORM];

for (const attempt of MATRIX) {
  Deno.test(`A document ${attempt.name} mints no permit: ${attempt.code}`, async () => {
    const { document = GOOD, by = [anna], namespace, tamper = (as) => as } = attempt;
    const submission = tamper(await signed(document, by, namespace));
    await onHost({ ...HOST, ...attempt.host }, (host) => {
      const answer = host.gate.authorise(
        wish(attempt.action),
        submission,
        facts(attempt.facts),
      );
      assertEquals(said(answer), attempt.code);
      assertEquals("permit" in answer || "authorisation" in answer, false);
      assertEquals(host.authorised(), 0);
      assertEquals(host.audit().map(({ door, said: { outcome, code } }) => [door, outcome, code]), [
        ["authorise", "refused", attempt.code],
      ]);
      const nonce = nonceOf(submission.document);
      if (nonce !== undefined) assertEquals(host.state.nonces.usedBy(nonce), undefined);
    });
  });
}

Deno.test("The document that all of these were made from is accepted, untouched", async () => {
  const submission = await signed(GOOD, [anna]);
  await onHost(HOST, (host) => {
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authorised");
    assertEquals(host.authorised(), 1);
  });
});

Deno.test("Two who sign the same bytes are enough for two", async () => {
  const submission = await signed(GOOD, [anna, bela]);
  await onHost({ ...HOST, ...TWO }, (host) => {
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authorised");
  });
});

Deno.test("One key under two principals, or in both roles, is refused when it is read", () => {
  const twice = anna.line() + anna.line().replace("anna", "bela");
  assertEquals(codeOf(() => hostFacts({ operational: twice })), "authz.signers_invalid");
  const both = { operational: anna.line(), recovery: anna.line() };
  assertEquals(codeOf(() => hostFacts(both)), "authz.signers_invalid");
});

Deno.test("A rotation by those in force, with proof of the new key, is authorised", async () => {
  const { action, document = "", facts: shown } = rotation(
    "operational",
    anna.line() + mallory.line(),
  );
  const submission = await signed(document, [anna, mallory]);
  await onHost(HOST, (host) => {
    assertEquals(said(host.gate.authorise(wish(action), submission, facts(shown))), "authorised");
  });
});

Deno.test("Every action of the matrix but the misshapen one is an action", () => {
  const misshapen = MATRIX.filter(({ action }) => action !== undefined && !readAction(action).ok);
  assertEquals(misshapen.map(({ name }) => name), ["for a job with one more parameter"]);
});

function nonceOf(document: Uint8Array): string | undefined {
  try {
    return parseDocument(document).document.nonce;
  } catch {
    return undefined;
  }
}
