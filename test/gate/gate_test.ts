import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { Action, Intent } from "../../src/action/mod.ts";
import { parseDocument } from "../../src/authz/mod.ts";
import { FelhomError } from "../../src/errors.ts";
import { type Answer, redeem } from "../../src/gate/mod.ts";
import { hostFacts } from "../authz/support/scene.ts";
import { openOperators, type Operators } from "../authz/support/operators.ts";
import { type GateRig, openGateRig } from "./gate_rig.ts";
import {
  ACTION,
  BACKUP,
  DIGEST,
  facts,
  intentTo,
  made,
  MINUTE,
  OPEN,
  scratch,
  SNAPSHOT,
  stopped,
  taken,
} from "./scene.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** An answer in a word: what came of it, or the code of the refusal. */
function word(answer: Answer): string {
  return answer.outcome === "refused" ? answer.code : answer.outcome;
}

/** A rig whose one operational signer is Anna, with her signature on a document. */
async function withAnna(
  work: (rig: GateRig, sign: (document: string) => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const operators: Operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await work(openGateRig(anna.line()), async (document) => [await anna.sign(document)]);
  } finally {
    await operators.close();
  }
}

/** Has the gate let through, by Anna's signature, what destroys guest 101. */
async function authorised(
  rig: GateRig,
  sign: (document: string) => Promise<string[]>,
): Promise<{ readonly intent: Intent; readonly operation: string }> {
  const text = rig.document(ACTION.destroy, facts());
  const intent = intentTo(ACTION.destroy);
  const submission = { document: encode(text), signatures: await sign(text) };
  const answer = rig.gate.authorise(intent, submission, facts());
  assert(answer.outcome === "authorised", word(answer));
  return { intent, operation: answer.authorisation.operation };
}

Deno.test("Benign work gets its permit, and the audit log says on what ground", () => {
  const { gate, audit } = openGateRig();
  const intent = intentTo(ACTION.start, { reference: "job-7" });
  assertEquals(word(gate.ask(intent, facts())), "permitted");
  assertEquals(audit, [{
    ...intent,
    at: audit[0]?.at ?? 0,
    door: "ask",
    said: { outcome: "permitted", ground: "loses_nothing" },
    target: { guest: 101, name: "customer-a", identity: audit[0]?.target.identity ?? null },
    authorisation: null,
  }]);
  assertMatch(audit[0]?.target.identity ?? "", /^sha256:/);
});

Deno.test("Destructive work without a signature never gets one, and waits where operators see it", () => {
  const { gate, audit, pending } = openGateRig();
  const answer = gate.ask(intentTo(ACTION.destroy), facts());
  assertEquals(answer, {
    outcome: "pending_signature",
    why: "It would lose: the guest's volumes and snapshots; its backups stay",
    kept: "added",
  });
  assertEquals(audit.map(({ said }) => said.outcome), ["pending_signature"]);
  assertEquals(pending.map(({ source, kind, vmid }) => ({ source, kind, vmid })), [
    { source: "hub", kind: "guest.destroy", vmid: 101 },
  ]);
});

Deno.test("The same wish again is the same wish, with the document it has", () => {
  const { gate, pending } = openGateRig();
  gate.ask(intentTo(ACTION.destroy), facts());
  const [first] = pending;
  const again = gate.ask(intentTo(ACTION.destroy, { reference: "job-2" }), facts());
  assert(again.outcome === "pending_signature");
  assertEquals([again.kept, pending.length, pending[0]], ["known", 1, first]);
});

Deno.test("Another guest, action, parameter or source is another wish", () => {
  const { gate, pending } = openGateRig();
  const other = stopped({ identity: { volumes: ["local:vm-101-disk-5"], macs: [] } });
  gate.ask(intentTo(ACTION.destroy), facts());
  gate.ask(intentTo(ACTION.destroy, { source: "control socket" }), facts());
  gate.ask(intentTo({ ...ACTION.destroy, params: { purge: false } }), facts());
  gate.ask(intentTo(ACTION.prune), facts());
  gate.ask(intentTo(ACTION.destroy), facts({ place: other }));
  assertEquals(pending.length, 5);
});

Deno.test("A wish's document is what an operator signs, and then it runs", async () => {
  await withAnna(async (rig, sign) => {
    rig.gate.ask(intentTo(ACTION.destroy), facts());
    const text = rig.pending[0]?.document ?? "";
    const { document, action } = parseDocument(encode(text));
    assertEquals(action, ACTION.destroy);
    assertEquals([document.name, document.guest], ["customer-a", 101]);

    const submission = { document: encode(text), signatures: await sign(text) };
    assertEquals(
      word(rig.gate.authorise(intentTo(ACTION.destroy), submission, facts())),
      "authorised",
    );
  });
});

Deno.test("A wish to replace signers is kept from operators' eyes", () => {
  const { gate, pending } = openGateRig();
  const answer = gate.ask(
    intentTo(ACTION.rotate),
    facts({ subject: null, place: { kind: "free" } }),
  );
  assert(answer.outcome === "pending_signature");
  assertEquals([answer.kept, pending], ["not_offered", []]);
});

Deno.test("A reason from outside cannot hide anything in a document", () => {
  const { gate, pending } = openGateRig();
  const evidence = { why: `harmless\u202e ${"x".repeat(9000)}`, digest: DIGEST, observedAt: 0 };
  gate.ask(intentTo(ACTION.destroy, { evidence }), facts());
  const { document } = parseDocument(encode(pending[0]?.document ?? ""));
  assert(document.reason.startsWith("hub: harmless"));
  assert(!document.reason.includes("\u202e"));
});

Deno.test("A wish that no document can hold is no matter for an alarm", () => {
  const { gate, pending, alarms } = openGateRig();
  const params = { ...ACTION.create.params, image: BACKUP, description: "ü".repeat(8192) };
  const intent = intentTo({ ...ACTION.create, params });
  const answer = gate.ask(intent, facts({ place: { kind: "free" } }));
  assert(answer.outcome === "pending_signature");
  assertEquals([answer.kept, pending, alarms], ["not_offered", [], []]);
});

Deno.test("A wish that cannot be kept is refused all the same, with an alarm", () => {
  const { gate, faults, alarms } = openGateRig();
  faults.pendingFull = true;
  const answer = gate.ask(intentTo(ACTION.destroy), facts());
  assert(answer.outcome === "pending_signature");
  assertEquals([answer.kept, alarms.map(({ kind }) => kind)], ["failed", ["pending_unkept"]]);
});

Deno.test("Signed, right, fresh: one permit, once; presented again it is a replay", async () => {
  await withAnna(async (rig, sign) => {
    const { gate, nonces, audit } = rig;
    const intent = intentTo(ACTION.destroy);
    const text = rig.document(ACTION.destroy, facts());
    const submission = { document: encode(text), signatures: await sign(text) };

    const authorised = gate.authorise(intent, submission, facts());
    assert(authorised.outcome === "authorised");
    assertEquals(nonces.get(authorised.authorisation.nonce), authorised.authorisation.operation);

    const { operation } = authorised.authorisation;
    const dispatched = gate.dispatch(operation, intent, facts());
    assert(dispatched.outcome === "permitted");
    assertEquals(redeem(dispatched.permit, "guest.destroy"), ACTION.destroy);

    assertEquals(word(gate.dispatch(operation, intent, facts())), "already_dispatched");
    assertEquals(word(gate.authorise(intent, submission, facts())), "authz.replayed");
    assertEquals(
      audit.map(({ door, said }) => [door, said.outcome === "refused" ? said.code : said.outcome]),
      [
        ["authorise", "authorised"],
        ["dispatch", "permitted"],
        ["dispatch", "already_dispatched"],
        ["authorise", "authz.replayed"],
      ],
    );
    const [signer] = audit[1]?.authorisation?.signers ?? [];
    assertEquals(signer?.principals, ["anna"]);
    assertMatch(signer?.key ?? "", /^SHA256:/);
  });
});

Deno.test("A permit of an authorised operation is for the very action that was signed", async () => {
  await withAnna(async (rig, sign) => {
    const { intent, operation } = await authorised(rig, sign);

    const others: readonly (readonly [Action, string])[] = [
      [ACTION.prune, "authz.wrong_operation"],
      [{ ...ACTION.destroy, params: { purge: false } }, "authz.wrong_params"],
    ];
    for (const [action, code] of others) {
      assertEquals(word(rig.gate.dispatch(operation, intentTo(action), facts())), code);
    }
    const swapped = facts({ place: stopped({ identity: { volumes: ["a:b"], macs: [] } }) });
    assertEquals(word(rig.gate.dispatch(operation, intent, swapped)), "authz.wrong_identity");
    const old = facts({ journal: "older_than_host" });
    assertEquals(word(rig.gate.dispatch(operation, intent, old)), "authz.state_behind");
    rig.signing = hostFacts({});
    assertEquals(word(rig.gate.dispatch(operation, intent, facts())), "authz.signer_unknown");
  });
});

Deno.test("What expired between authorisation and dispatch gets no permit", async () => {
  await withAnna(async (rig, sign) => {
    const { intent, operation } = await authorised(rig, sign);
    await rig.clock.advance(61 * MINUTE);
    // The facts' own time is not believed: it is the caller's.
    assertEquals(word(rig.gate.dispatch(operation, intent, facts())), "authz.expired");
  });
});

Deno.test("What was stored of an authorised operation is verified again, and nothing is written of it", async () => {
  await withAnna(async (rig, sign) => {
    const { gate } = rig;
    const { operation } = await authorised(rig, sign);
    const links = rig.audit.length;
    const review = (id = operation, stateBehind = false) => gate.review(id, { stateBehind })?.code;
    assertEquals(gate.review(operation, { stateBehind: false }), undefined);
    assertEquals(gate.review("op-9", { stateBehind: false }), {
      code: "state.missing",
      why: 'There is no operation "op-9"',
    });
    assertEquals(review(operation, true), "authz.state_behind");
    const { signing } = rig;
    rig.signing = hostFacts({});
    assertEquals(review(), "authz.signer_unknown");
    rig.signing = signing;
    await rig.clock.advance(61 * MINUTE);
    assertEquals(review(), "authz.expired");
    assertEquals(rig.audit.length, links);
  });
});

Deno.test("What nobody signed who may sign is not signed, and nobody signs where no signers can be read", async () => {
  await withAnna(async (rig, sign) => {
    const text = rig.document(ACTION.destroy, facts());
    const submission = { document: encode(text), signatures: await sign(text) };
    assertEquals(rig.gate.signedBy(submission).length, 1);
    assertEquals(rig.gate.signedBy({ ...submission, signatures: [] }), []);
    Object.defineProperty(rig, "signing", {
      get() {
        throw new FelhomError("state.damaged", "Cannot read the signers");
      },
    });
    assertEquals(rig.gate.signedBy(submission), []);
  });
});

Deno.test("A permit with which nothing was begun is given back, by who holds it, for another", async () => {
  await withAnna(async (rig, sign) => {
    const { gate } = rig;
    const { intent, operation } = await authorised(rig, sign);
    const first = gate.dispatch(operation, intent, facts());
    const stranger = gate.ask(intentTo(ACTION.start), facts());
    assert(first.outcome === "permitted" && stranger.outcome === "permitted");

    assertEquals(gate.giveBack(operation, stranger.permit), false);
    assertEquals(gate.giveBack("op-9", first.permit), false);
    assertEquals(word(gate.dispatch(operation, intent, facts())), "already_dispatched");

    assertEquals(gate.giveBack(operation, first.permit), true);
    assertEquals(gate.giveBack(operation, first.permit), false);
    const error = assertThrows(() => redeem(first.permit, "guest.destroy"), FelhomError);
    assertEquals(error.code, "permit.spent");
    const second = gate.dispatch(operation, intent, facts());
    assert(second.outcome === "permitted");

    assertEquals(gate.giveBack(operation, second.permit), true);
    const third = gate.dispatch(operation, intent, facts());
    assert(third.outcome === "permitted");
    redeem(third.permit, "guest.destroy");
    assertEquals(gate.giveBack(operation, third.permit), false, "it was used");
    assertEquals(word(gate.dispatch(operation, intent, facts())), "already_dispatched");
  });
});

Deno.test("An operation that the journal has as authorised no more gets no permit", async () => {
  await withAnna(async (rig, sign) => {
    const { gate } = rig;
    const { intent, operation } = await authorised(rig, sign);
    const only = gate.dispatch(operation, intent, facts());
    assert(only.outcome === "permitted");
    assertEquals(gate.giveBack(operation, only.permit), true);
    rig.operations.delete(operation);
    assertEquals(word(gate.dispatch(operation, intent, facts())), "state.missing");
  });
});

Deno.test("The rules that need no signature are held to again at dispatch", async () => {
  await withAnna(async (rig, sign) => {
    const { intent, operation } = await authorised(rig, sign);
    const narrowed = facts({ managed: { first: 200, last: 300 } });
    assertEquals(word(rig.gate.dispatch(operation, intent, narrowed)), "not_managed");
    assertEquals(word(rig.gate.dispatch(operation, intent, facts())), "permitted");
  });
});

Deno.test("A signature does not open what nobody may touch, and uses up no nonce there", async () => {
  await withAnna(async (rig, sign) => {
    const outside = facts({ managed: { first: 200, last: 300 } });
    const text = rig.document(ACTION.destroy, outside);
    const submission = { document: encode(text), signatures: await sign(text) };
    const intent = intentTo(ACTION.destroy);
    assertEquals(word(rig.gate.authorise(intent, submission, outside)), "not_managed");
    assertEquals(rig.nonces.size, 0);
    assertEquals(word(rig.gate.authorise(intent, submission, facts())), "authorised");
  });
});

Deno.test("Who cannot sign is told nothing about the guest", () => {
  const { gate } = openGateRig();
  const submission = { document: encode("{}\n"), signatures: [] };
  for (const place of [{ kind: "free" }, { kind: "elsewhere" }, stopped()] as const) {
    const answer = gate.authorise(intentTo(ACTION.destroy), submission, facts({ place }));
    assertEquals(word(answer), "authz.unsigned");
  }
});

Deno.test("A broken audit chain raises an alarm, and opens and closes nothing", () => {
  const { gate, faults, alarms } = openGateRig();
  faults.audit = "broken";
  assertEquals(word(gate.ask(intentTo(ACTION.start), facts())), "permitted");
  assertEquals(word(gate.ask(intentTo(ACTION.destroy), facts())), "pending_signature");
  assertEquals(
    word(gate.ask(intentTo(ACTION.start), facts({ managed: { first: 1, last: 2 } }))),
    "not_managed",
  );
  assertEquals(alarms.map(({ kind }) => kind), new Array(3).fill("audit_broken"));
});

Deno.test("When decisions cannot be written, benign work goes on with an alarm", () => {
  const { gate, faults, alarms } = openGateRig();
  faults.audit = "full";
  assertEquals(word(gate.ask(intentTo(ACTION.start), facts())), "permitted");
  assertEquals(alarms.map(({ kind }) => kind), ["audit_unwritten"]);
});

for (
  const [name, action, changes] of [
    ["scratch", ACTION.destroy, { place: stopped({ linkDown: true }), made: scratch() }],
    ["an uncommitted guest", ACTION.destroy, { place: stopped(), made: made() }],
    ["a rollback of nothing", ACTION.rollback, {
      place: stopped({ snapshots: [SNAPSHOT], linkDown: true }),
      snapshotsMade: [taken()],
      made: scratch(),
    }],
  ] as const
) {
  Deno.test(`When decisions cannot be written, nothing is undone for good: ${name}`, () => {
    const { gate, faults } = openGateRig();
    const intent = intentTo(action, { transaction: OPEN });
    assertEquals(word(gate.ask(intent, facts(changes))), "permitted");
    faults.audit = "full";
    assertEquals(word(gate.ask(intent, facts(changes))), "audit_unwritable");
  });
}

const UNPINNED = { ...ACTION.create, params: { ...ACTION.create.params, image: BACKUP } };

for (
  const [action, known] of [
    [ACTION.destroy, facts()],
    [UNPINNED, facts({ place: { kind: "free" } })],
  ] as const
) {
  Deno.test(`When decisions cannot be written, a signature opens nothing and keeps its nonce: ${action.kind}`, async () => {
    await withAnna(async (rig, sign) => {
      const text = rig.document(action, known);
      const submission = { document: encode(text), signatures: await sign(text) };
      const intent = intentTo(action);
      rig.faults.audit = "full";
      assertEquals(word(rig.gate.authorise(intent, submission, known)), "audit_unwritable");
      assertEquals([rig.nonces.size, rig.operations.size], [0, 0]);

      rig.faults.audit = "intact";
      const answer = rig.gate.authorise(intent, submission, known);
      assert(answer.outcome === "authorised");
      rig.faults.audit = "full";
      const { operation } = answer.authorisation;
      assertEquals(word(rig.gate.dispatch(operation, intent, known)), "audit_unwritable");
      rig.faults.audit = "intact";
      assertEquals(word(rig.gate.dispatch(operation, intent, known)), "permitted");
    });
  });
}

Deno.test("When the journal cannot be written, nothing is authorised and the nonce stays fresh", async () => {
  await withAnna(async (rig, sign) => {
    const text = rig.document(ACTION.destroy, facts());
    const submission = { document: encode(text), signatures: await sign(text) };
    rig.faults.journalFull = true;
    const intent = intentTo(ACTION.destroy);
    assertEquals(word(rig.gate.authorise(intent, submission, facts())), "state.full");
    assertEquals(rig.nonces.size, 0);
    assertEquals(rig.audit.map(({ said }) => said.outcome), ["refused"]);
  });
});

Deno.test("An operation that the journal does not know gets no permit", () => {
  const { gate } = openGateRig();
  const answer = gate.dispatch("op-9", intentTo(ACTION.destroy), facts());
  assertEquals(word(answer), "state.missing");
});

Deno.test("A bug in a port is nobody's refusal: it is thrown, and no permit is made", () => {
  const rig = openGateRig();
  Object.defineProperty(rig, "signing", {
    get() {
      throw new TypeError("signing is not there");
    },
  });
  const submission = { document: encode("{}\n"), signatures: ["x"] };
  rig.operations.set("op-1", submission);
  const { gate } = rig;
  for (
    const work of [
      () => gate.authorise(intentTo(ACTION.destroy), submission, facts()),
      () => gate.dispatch("op-1", intentTo(ACTION.destroy), facts()),
      () => gate.review("op-1", { stateBehind: false }),
      () => gate.signedBy(submission),
    ]
  ) assertThrows(work, TypeError, "signing is not there");
});

Deno.test("A bug in what keeps a wish is an alarm, and the wish waits all the same", () => {
  const rig = openGateRig();
  Object.defineProperty(rig, "signing", {
    get() {
      throw new TypeError("signing is not there");
    },
  });
  const answer = rig.gate.ask(intentTo(ACTION.destroy), facts());
  assert(answer.outcome === "pending_signature");
  assertEquals([answer.kept, rig.alarms.map(({ kind }) => kind)], ["failed", ["pending_unkept"]]);
});

Deno.test("What is no action is refused, and the audit log holds nothing of it but the reason", () => {
  const { gate, audit } = openGateRig();
  const action: Action = JSON.parse('{"kind":"guest.format","guest":101,"params":{"x":"secret"}}');
  assertEquals(word(gate.ask(intentTo(action), facts())), "unknown_kind");
  assertEquals(audit.map(({ action }) => action), [null]);
  assert(!JSON.stringify(audit).includes("secret"));
});

Deno.test("No document is held against what is no action", async () => {
  await withAnna(async (rig, sign) => {
    const { gate } = rig;
    const text = rig.document(ACTION.destroy, facts());
    const submission = { document: encode(text), signatures: await sign(text) };
    const action: Action = JSON.parse('{"kind":"guest.format","guest":101,"params":{}}');
    assertEquals(word(gate.authorise(intentTo(action), submission, facts())), "authz.malformed");
    rig.operations.set("op-1", submission);
    assertEquals(word(gate.dispatch("op-1", intentTo(action), facts())), "authz.malformed");
  });
});

Deno.test("Every answer of every action leaves exactly one line in the audit log", () => {
  for (const action of Object.values(ACTION)) {
    const { gate, audit } = openGateRig();
    gate.ask(intentTo(action), facts({ subject: action.guest }));
    gate.authorise(intentTo(action), { document: encode(""), signatures: [] }, facts());
    gate.dispatch("op-1", intentTo(action), facts());
    assertEquals(audit.map(({ door }) => door), ["ask", "authorise", "dispatch"], action.kind);
  }
});
