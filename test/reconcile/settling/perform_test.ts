import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Action, type ActionKind, entryOf, type Intent } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { TransportError } from "../../../src/proxmox/mod.ts";
import {
  type BoundExecutor,
  boundExecutor,
} from "../../../src/reconcile/settling/bound_executor.ts";
import { perform } from "../../../src/reconcile/settling/perform.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const START: Action = { kind: "guest.start", guest: 230, params: {} };
const DESTROY: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };
const MOUNT: Action = {
  kind: "disk.mount",
  guest: null,
  params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
};

interface Options {
  /** What is carried out otherwise than a start is. */
  readonly otherwise?: (inner: BoundExecutor) => Partial<BoundExecutor>;
  readonly origin?: "job" | "recovery";
  readonly signal?: AbortSignal;
  readonly log?: Logger;
}

/** Performs a start that the gate permitted. */
async function start({ work }: OpenWork, options: Options = {}) {
  const { otherwise = () => ({}), origin = "job", log = work.log } = options;
  const { signal = new AbortController().signal } = options;
  const facts = await work.facts(START, signal);
  const answer = work.gate.ask({
    ...{ action: START, origin: "job", source: "hub", reference: "1", transaction: null },
    evidence: { why: "Somebody asks", digest: null, observedAt: facts.now },
  }, facts);
  assert(answer.outcome === "permitted", JSON.stringify(answer));
  work.state.operations.authorise({
    ...{ id: "one", transaction: null, vmid: 230, action: START, origin: "job" },
    evidence: { why: "", digest: null, observedAt: 1, source: "hub", reference: "1" },
    at: work.clock.now(),
  });
  const inner = boundExecutor(START);
  return await perform({ ...work, log }, {
    operation: { id: "one", transaction: null, origin },
    executor: { ...inner, ...otherwise(inner) },
    permit: answer.permit,
    ...{ facts, signal },
  });
}

const stateOf = ({ work }: OpenWork) => work.state.operations.get("one")?.state;
const sent = ({ simulator }: OpenWork) =>
  simulator.wire.log.rows().filter(({ method }) => method !== "GET").length;

/** Purposes under which intents are written from now on. */
function purposesOf({ work: { state: { operations } } }: OpenWork): unknown[] {
  const purposes: unknown[] = [];
  const advance = operations.advance.bind(operations);
  operations.advance = (id, to, options) => {
    if (to === "started") purposes.push(options.purpose);
    advance(id, to, options);
  };
  return purposes;
}

Deno.test("what the last look finds in the way is told as it is, with the lock where it is one", async () => {
  for (const lock of [undefined, "backup"]) {
    await using opened = await openWork();
    const told = { why: "No", passes: true, ...lock === undefined ? {} : { lock } };
    const check = () => Promise.resolve({ holds: false, ...told } as const);
    const outcome = await start(opened, { otherwise: () => ({ check }) });
    assertEquals(outcome, { kind: "not_begun", ...told });
    assertEquals([stateOf(opened), sent(opened)], ["authorised", 0]);
  }
});

Deno.test("an agent that is told to stop during the last look begins nothing", async () => {
  await using opened = await openWork();
  const stopping = new AbortController();
  const outcome = await start(opened, {
    signal: stopping.signal,
    otherwise: () => ({
      check: () => {
        stopping.abort();
        return Promise.resolve({ holds: true, before: null });
      },
    }),
  });
  assertEquals(outcome, { kind: "not_begun", why: "The agent is stopping", passes: true });
  assertEquals([stateOf(opened), sent(opened)], ["authorised", 0]);
});

Deno.test("what cannot be looked at is not begun, and a bug is thrown", async () => {
  const failing = async (error: Error) => {
    await using opened = await openWork();
    const check = () => Promise.reject(error);
    const outcome = await start(opened, { otherwise: () => ({ check }) });
    assertEquals([stateOf(opened), sent(opened)], ["authorised", 0]);
    return outcome;
  };
  const away = new FelhomError("proxmox.timeout", "It does not answer");
  assertEquals(await failing(away), {
    ...{ kind: "not_begun", why: "It does not answer", passes: true },
  });
  await assertRejects(() => failing(new RangeError("a bug")), RangeError, "a bug");
});

Deno.test("what makes undone is begun as what ends, and all else that nobody signed as new", async () => {
  for (const [origin, purpose] of [["recovery", "finish"], ["job", "new"]] as const) {
    await using opened = await openWork();
    const purposes = purposesOf(opened);
    assertEquals((await start(opened, { origin })).kind, "succeeded");
    assertEquals(purposes, [purpose]);
  }
});

Deno.test("what is signed is begun as that", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await using opened = await openWork({ signers: { operational: anna.line() } });
    const { work } = opened;
    const signal = new AbortController().signal;
    const submission = await opened.sign(DESTROY, anna);
    const facts = await work.facts(DESTROY, signal);
    const intent: Intent = {
      ...{ action: DESTROY, origin: "job", source: "hub", reference: "1", transaction: null },
      evidence: { why: "Somebody asks", digest: null, observedAt: 1 },
    };
    const answer = work.gate.authorise(intent, submission, facts);
    assert(answer.outcome === "authorised", JSON.stringify(answer));
    const { operation: id } = answer.authorisation;
    const dispatched = work.gate.dispatch(id, intent, facts);
    assert(dispatched.outcome === "permitted", JSON.stringify(dispatched));
    const purposes = purposesOf(opened);
    const outcome = await perform(work, {
      operation: { id, transaction: null, origin: "job" },
      executor: boundExecutor(DESTROY),
      permit: dispatched.permit,
      ...{ facts, signal },
    });
    assertEquals([outcome.kind, purposes], ["succeeded", ["signed"]]);
  } finally {
    await operators.close();
  }
});

Deno.test("a call to Proxmox is not broken off when the agent ends, and one to the helper is", async () => {
  const broken: [ActionKind, boolean][] = [];
  for (const action of [START, MOUNT]) {
    await using opened = await openWork();
    const stopping = new AbortController();
    await start(opened, {
      signal: stopping.signal,
      otherwise: () => ({
        action,
        check: () => Promise.resolve({ holds: true, before: null }),
        send: (_permit, { signal }) => {
          stopping.abort();
          broken.push([action.kind, signal.aborted]);
          return Promise.reject(new FelhomError("permit.expired", "It took too long"));
        },
      }),
    });
  }
  assertEquals([START, MOUNT].map(({ kind }) => entryOf(kind).route), ["api", "helper"]);
  assertEquals(broken, [["guest.start", false], ["disk.mount", true]]);
});

Deno.test("a call that certainly never arrived fails with its error, and is not looked for", async () => {
  await using opened = await openWork();
  const error = new TransportError("proxmox.refused", "Nobody is there", { sent: "no" });
  const outcome = await start(opened, { otherwise: () => ({ send: () => Promise.reject(error) }) });
  assertEquals(outcome, {
    ...{ kind: "failed", operation: "one", why: error.message, code: "proxmox.refused" },
  });
  assertEquals(stateOf(opened), "failed");
});

Deno.test("a call whose answer was lost is looked for, and told with what it was lost by", async () => {
  const reset = new TransportError("proxmox.reset", "It broke off", { sent: "maybe" });
  const bug = new TypeError("x is undefined");
  for (const [error, message] of [[reset, reset.message], [bug, "TypeError: x is undefined"]]) {
    await using opened = await openWork();
    const told: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (_message, fields) => void told.push(fields) };
    const send = () => Promise.reject(error);
    const outcome = await start(opened, { log, otherwise: () => ({ send }) });
    // The guest does not run, and no task is to be found.
    assertEquals(outcome.kind, "failed", JSON.stringify(outcome));
    const coded = error === reset ? { code: "proxmox.reset" } : {};
    assertEquals(told[0], { operation: "one", message, ...coded });
    assertEquals("code" in outcome && outcome.code, error === reset ? "proxmox.reset" : false);
    assertEquals(stateOf(opened), "failed");
  }
});

Deno.test("a call whose answer was lost is done by what is seen, and sent once", async () => {
  await using opened = await openWork();
  const outcome = await start(opened, {
    otherwise: (inner) => ({
      send: async (permit, tools) => {
        await inner.send(permit, tools);
        throw new TransportError("proxmox.reset", "It broke off", { sent: "maybe" });
      },
    }),
  });
  assertEquals([outcome.kind, stateOf(opened), sent(opened)], ["succeeded", "succeeded", 1]);
});

Deno.test("where the journal has lost a row, what was sent for it is undecided", async () => {
  await using opened = await openWork();
  const { operations } = opened.work.state;
  const get = operations.get.bind(operations);
  const error = new TransportError("proxmox.reset", "It broke off", { sent: "maybe" });
  const outcome = await start(opened, {
    otherwise: () => ({
      send: () => {
        operations.get = () => undefined;
        return Promise.reject(error);
      },
    }),
  });
  operations.get = get;
  assertEquals(outcome, { kind: "running", operation: "one", why: error.message });
  assertEquals(stateOf(opened), "started");
});
