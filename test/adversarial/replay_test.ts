/** The accepted operation: one permit, once; and every way to have it twice, or too late. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { authoriseOperation, type OperationJournal, verifyOperation } from "../../src/authz/mod.ts";
import { FelhomError } from "../../src/errors.ts";
import { type Answer, Gate, liveTarget, redeem, type SigningFacts } from "../../src/gate/mod.ts";
import { openPeople } from "../authz/support/people.ts";
import { codeOf, hostFacts, MINUTE } from "../authz/support/scene.ts";
import {
  DESTROY,
  documentFor,
  facts,
  guest,
  type HostOptions,
  onHost,
  said,
  signed,
  wish,
} from "./support/host.ts";

const { anna, bela } = await openPeople();
const HOST: HostOptions = { operational: anna.line() };

function operationOf(answer: Answer): string {
  assert(answer.outcome === "authorised", said(answer));
  return answer.authorisation.operation;
}

Deno.test("A valid document for the right guest gives one permit, for exactly its action, once", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, (host) => {
    const operation = operationOf(host.gate.authorise(wish(), submission, facts()));
    const answer = host.gate.dispatch(operation, wish(), facts());
    assert(answer.outcome === "permitted");
    assertEquals(answer.permit.action, DESTROY);
    assertEquals(redeem(answer.permit, "guest.destroy"), DESTROY);
    const again = assertThrows(() => redeem(answer.permit, "guest.destroy"), FelhomError);
    assertEquals(again.code, "permit.spent");
    assertEquals(said(host.gate.dispatch(operation, wish(), facts())), "already_dispatched");
    assertEquals(host.audit().map(({ door, said: { outcome } }) => [door, outcome]), [
      ["authorise", "authorised"],
      ["dispatch", "permitted"],
      ["dispatch", "refused"],
    ]);
    assert(host.state.audit.verify().holds);
  });
});

Deno.test("Presented again it is a replay: at once, after its permit, and after a restart", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, (host) => {
    const operation = operationOf(host.gate.authorise(wish(), submission, facts()));
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authz.replayed");
    host.gate.dispatch(operation, wish(), facts());
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authz.replayed");
    host.restart();
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authz.replayed");
    assertEquals(host.authorised(), 1);
  });
});

Deno.test("A second signature of the same document is a replay too: the nonce counts", async () => {
  const document = documentFor();
  const [one, other] = [await signed(document, [anna]), await signed(document, [bela])];
  await onHost({ operational: anna.line() + bela.line() }, (host) => {
    assertEquals(said(host.gate.authorise(wish(), one, facts())), "authorised");
    assertEquals(said(host.gate.authorise(wish(), other, facts())), "authz.replayed");
  });
});

Deno.test("Of two lanes that both found it good, one uses it", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ state, ports, clock }) => {
    const host = { ...ports.signing(), now: clock.now(), stateBehind: false };
    const gated = { action: DESTROY, target: liveTarget(facts()) };
    // Both lanes verify before either goes on.
    const lanes = [1, 2].map(() => verifyOperation(submission, host, gated));
    const journal: OperationJournal = {
      transaction: (work) => state.transaction(work),
      usedBy: (nonce) => state.nonces.usedBy(nonce),
      record: (record) => ports.operations.record(record, wish()),
    };
    const ends = lanes.map((verified) => codeOf(() => authoriseOperation(verified, journal)));
    assertEquals(ends, ["accepted", "authz.replayed"]);
    assertEquals(state.operations.list().length, 1);
  });
});

Deno.test("Even a lane that does not ask is refused by the state, and leaves nothing behind", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ state, ports, clock, gate }) => {
    const host = { ...ports.signing(), now: clock.now(), stateBehind: false };
    const gated = { action: DESTROY, target: liveTarget(facts()) };
    const verified = verifyOperation(submission, host, gated);
    assertEquals(said(gate.authorise(wish(), submission, facts())), "authorised");
    const blind: OperationJournal = {
      transaction: (work) => state.transaction(work),
      usedBy: () => undefined,
      record: (record) => ports.operations.record(record, wish()),
    };
    assertEquals(codeOf(() => authoriseOperation(verified, blind)), "state.nonce_used");
    assertEquals(state.operations.list().length, 1);
  });
});

Deno.test("Two gates on one state give one authorisation", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, async ({ ports, clock, state }) => {
    const lanes = [1, 2].map(async () => {
      const gate = new Gate(ports, { clock });
      await Promise.resolve();
      return said(gate.authorise(wish(), submission, facts()));
    });
    assertEquals((await Promise.all(lanes)).toSorted(), ["authorised", "authz.replayed"]);
    assertEquals(state.operations.list().length, 1);
  });
});

Deno.test("A refusal uses up no nonce: the document holds for the guest it names", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, (host) => {
    const renamed = facts({ place: guest({ name: "customer-b" }) });
    assertEquals(said(host.gate.authorise(wish(), submission, renamed)), "authz.wrong_name");
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authorised");
  });
});

Deno.test("What cannot be written down is not authorised, and its nonce not used", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ ports, clock, state }) => {
    const alarms: string[] = [];
    const deaf = new Gate({
      ...ports,
      audit: {
        append() {
          throw new Error("The disk is gone");
        },
      },
      alarm: ({ kind }) => void alarms.push(kind),
    }, { clock });
    assertEquals(said(deaf.authorise(wish(), submission, facts())), "audit_unwritable");
    assertEquals(state.operations.list().length, 0);
    assertEquals(alarms, ["audit_unwritten"]);
    const gate = new Gate(ports, { clock });
    assertEquals(said(gate.authorise(wish(), submission, facts())), "authorised");
  });
});

Deno.test("No permit when it expired between authorisation and dispatch", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, async (host) => {
    const operation = operationOf(host.gate.authorise(wish(), submission, facts()));
    await host.clock.advance(30 * MINUTE);
    const answer = host.gate.dispatch(operation, wish(), facts());
    assertEquals([said(answer), "permit" in answer], ["authz.expired", false]);
  });
});

Deno.test("No permit when its signer was replaced since, or more signers are asked for", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ gate, ports, clock }) => {
    const operation = operationOf(gate.authorise(wish(), submission, facts()));
    const later = (changes: Partial<SigningFacts>) =>
      new Gate({ ...ports, signing: () => ({ ...ports.signing(), ...changes }) }, { clock });
    const { signers } = hostFacts({ operational: bela.line() });
    const thresholds = { service: 1, data_loss: 2, trust: 1 };
    const dispatch = (by: Gate) => said(by.dispatch(operation, wish(), facts()));
    assertEquals(dispatch(later({ signers })), "authz.signer_unknown");
    assertEquals(dispatch(later({ thresholds })), "authz.below_threshold");
    assertEquals(dispatch(later({ instance: "0".repeat(26) })), "authz.wrong_instance");
    assertEquals(dispatch(gate), "permitted");
  });
});

const PURGELESS: Action = { kind: "guest.destroy", guest: 101, params: { purge: false } };

Deno.test("No permit for another guest, name, identity or action than what was authorised", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ gate }) => {
    const operation = operationOf(gate.authorise(wish(), submission, facts()));
    const dispatch = (...[intent, shown]: [ReturnType<typeof wish>, ReturnType<typeof facts>]) =>
      said(gate.dispatch(operation, intent, shown));
    const parts = { volumes: ["local-lvm:vm-101-disk-7"], macs: [] };
    assertEquals(
      [
        dispatch(wish(), facts({ place: guest({ name: "customer-b" }) })),
        dispatch(wish(), facts({ place: guest({ parts }) })),
        dispatch(wish(PURGELESS), facts()),
        dispatch(wish({ ...DESTROY, guest: 102 }), facts({ subject: 102 })),
        dispatch(wish(), facts({ journal: "older_than_host" })),
        dispatch(wish(), facts({ managed: { first: 200, last: 299 } })),
      ],
      [
        "authz.wrong_name",
        "authz.wrong_identity",
        "authz.wrong_params",
        "authz.wrong_guest",
        "authz.state_behind",
        "not_managed",
      ],
    );
    assertEquals(dispatch(wish(), facts()), "permitted");
  });
});

Deno.test("No permit for what was stored otherwise than it was signed, or never", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ gate, ports, clock }) => {
    const operation = operationOf(gate.authorise(wish(), submission, facts()));
    const forged = new Gate({
      ...ports,
      operations: {
        ...ports.operations,
        stored(id) {
          const stored = ports.operations.stored(id);
          return { ...stored, document: stored.document.with(20, 65) };
        },
      },
    }, { clock });
    assertEquals(said(forged.dispatch(operation, wish(), facts())), "authz.signature_invalid");
    assertEquals(said(gate.dispatch("another", wish(), facts())), "state.missing");
    assertEquals(said(gate.dispatch(operation, wish(), facts())), "permitted");
  });
});

Deno.test("After a restart the authorised operation still has its permit, unless it was started", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, (host) => {
    const operation = operationOf(host.gate.authorise(wish(), submission, facts()));
    host.restart();
    assertEquals(said(host.gate.dispatch(operation, wish(), facts())), "permitted");
    host.state.operations.advance(operation, "started", { at: host.clock.now() });
    host.restart();
    assertEquals(said(host.gate.dispatch(operation, wish(), facts())), "state.missing");
  });
});

Deno.test("No clock that is believed finds a document valid whose nonce was forgotten", async () => {
  const submission = await signed(documentFor(), [anna]);
  await onHost(HOST, ({ gate, state, ports, clock }) => {
    const operation = operationOf(gate.authorise(wish(), submission, facts()));
    const end = state.operations.document(operation)?.expiresAt ?? 0;
    for (let mark = end; mark <= end + 12 * MINUTE; mark += MINUTE / 2) {
      state.timeMark.raise(mark);
      state.prune(mark);
      const later = new Gate(
        { ...ports, signing: () => ({ ...ports.signing(), timeMark: mark }) },
        {
          clock,
        },
      );
      for (const behind of [0, 4.5, 5, 5.5, 12].map((minutes) => minutes * MINUTE)) {
        clock.jump(mark - behind - clock.now());
        const answer = said(later.authorise(wish(), submission, facts()));
        assert(
          ["authz.replayed", "authz.expired", "authz.clock_behind"].includes(answer),
          `${answer}: the mark ${(mark - end) / MINUTE} minutes behind the end of the document, ` +
            `the clock ${behind / MINUTE} behind the mark`,
        );
      }
    }
    assertEquals(state.prune(end + 15 * MINUTE).nonces, 0, "it was forgotten on the way");
  });
});
