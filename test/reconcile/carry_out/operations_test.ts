import { assert, assertEquals } from "@std/assert";
import type { Action, Intent } from "../../../src/action/mod.ts";
import { carryOutOperation } from "../../../src/reconcile/carry_out.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import type { Operation } from "../../../src/state/mod.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const DESTROY: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };
const START: Action = { kind: "guest.start", guest: 230, params: {} };
const signal = new AbortController().signal;

function intent(action: Action): Intent {
  return {
    ...{ action, origin: "job", source: "control socket", reference: "1", transaction: null },
    evidence: { why: "Somebody asks", digest: null, observedAt: 1 },
  };
}

function operationOf({ state }: Work, id: string): Operation {
  const found = state.operations.get(id);
  assert(found !== undefined);
  return found;
}

/** Work on which anna signed that guest 230 is destroyed. */
async function signed(test: (opened: OpenWork, id: string, anna: Operator) => Promise<void>) {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await using opened = await openWork({ signers: { operational: anna.line() } });
    const { work } = opened;
    const submission = await opened.sign(DESTROY, anna);
    const facts = await work.facts(DESTROY, signal);
    const answer = work.gate.authorise(intent(DESTROY), submission, facts);
    assert(answer.outcome === "authorised", JSON.stringify(answer));
    await test(opened, answer.authorisation.operation, anna);
  } finally {
    await operators.close();
  }
}

function job(work: Work, id: string, action: Action) {
  work.state.operations.authorise({
    ...{ id, transaction: null, vmid: action.guest, action, origin: "job", at: work.clock.now() },
    evidence: { why: "", digest: null, observedAt: 1, source: "hub", reference: "1" },
  });
}

const mutations = ({ simulator }: OpenWork) =>
  simulator.wire.log.rows().filter(({ method }) => method !== "GET");

Deno.test("a signed operation waits for a lock to go, and is carried out then", async () => {
  await signed(async (opened, id) => {
    const { work, simulator } = opened;
    simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
    const first = await carryOutOperation(work, operationOf(work, id), signal);
    assert(first.kind === "not_begun" && first.passes, JSON.stringify(first));
    assertEquals(operationOf(work, id).state, "authorised");
    assertEquals(mutations(opened), []);
    simulator.pve.inject({ kind: "lock", vmid: 230, lock: null });
    const second = await carryOutOperation(work, operationOf(work, id), signal);
    assertEquals(second.kind, "succeeded", JSON.stringify(second));
    assertEquals(simulator.pve.world.guests.has(230), false);
  });
});

Deno.test("a signed operation waits while the state is in doubt", async () => {
  await signed(async (opened, id) => {
    const { work } = opened;
    work.state.instances.doubt("It is older", work.clock.now());
    const outcome = await carryOutOperation(work, operationOf(work, id), signal);
    assert(outcome.kind === "not_begun" && outcome.passes, JSON.stringify(outcome));
    assertEquals(operationOf(work, id).state, "authorised");
  });
});

Deno.test("a signed operation is given up when its guest is gone, or another one", async () => {
  for (const how of ["gone", "another"] as const) {
    await signed(async (opened, id) => {
      const { work, simulator } = opened;
      if (how === "gone") simulator.pve.inject({ kind: "vanish", vmid: 230 });
      else {
        const set = { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth" };
        simulator.pve.inject({ kind: "change-config", vmid: 230, set });
      }
      const outcome = await carryOutOperation(work, operationOf(work, id), signal);
      assertEquals(outcome.kind, "denied", JSON.stringify(outcome));
      assertEquals(operationOf(work, id).state, "abandoned");
      assertEquals(mutations(opened), []);
    });
  }
});

Deno.test("a job is asked for again: carried out, kept while a lock passes, given up when refused", async () => {
  await using opened = await openWork();
  const { work, simulator } = opened;
  job(work, "locked", START);
  simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  const locked = await carryOutOperation(work, operationOf(work, "locked"), signal);
  assert(locked.kind === "not_begun" && locked.passes, JSON.stringify(locked));
  assertEquals(operationOf(work, "locked").state, "authorised");
  simulator.pve.inject({ kind: "lock", vmid: 230, lock: null });
  const done = await carryOutOperation(work, operationOf(work, "locked"), signal);
  assertEquals(done.kind, "succeeded", JSON.stringify(done));
  job(work, "refused", DESTROY);
  const refused = await carryOutOperation(work, operationOf(work, "refused"), signal);
  assertEquals(refused.kind === "denied" && refused.outcome, "pending_signature");
  assertEquals(operationOf(work, "refused").state, "abandoned");
  job(work, "running already", START);
  const again = await carryOutOperation(work, operationOf(work, "running already"), signal);
  assert(again.kind === "not_begun" && !again.passes, JSON.stringify(again));
  assertEquals(operationOf(work, "running already").state, "abandoned");
});

Deno.test("an operation whose reasons cannot be read is given up", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const at = work.clock.now();
  work.state.operations.authorise({
    ...{ id: "1", transaction: null, vmid: 230, action: START, origin: "job", evidence: {}, at },
  });
  const outcome = await carryOutOperation(work, operationOf(work, "1"), signal);
  assertEquals(outcome.kind, "not_begun");
  assertEquals(operationOf(work, "1").state, "abandoned");
});
