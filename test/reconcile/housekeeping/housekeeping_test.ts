import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action, Intent } from "../../../src/action/mod.ts";
import type { Fields, Logger } from "../../../src/log/logger.ts";
import { acknowledge } from "../../../src/reconcile/housekeeping/acknowledge.ts";
import { House } from "../../../src/reconcile/housekeeping/keep_house.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { codeOf } from "../../authz/support/scene.ts";
import { openWork } from "../support/open_work.ts";

const MINUTE = 60_000;
const signal = new AbortController().signal;

/** Keeps what is said. */
function listener(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const say = (message: string, fields?: Fields) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { lines, debug: say, info: say, warn: say, error: say, child: () => logger };
  return logger;
}

Deno.test("the time mark follows once node, wall and monotonic clock have gone alike for ten minutes", async () => {
  const clock = new FakeClock(Date.now());
  await using opened = await openWork({ clock });
  const { reads } = opened.work.eyes;
  const node = { ...reads, nodeTime: () => Promise.resolve(Math.floor(clock.now() / 1000)) };
  const house = new House({ ...opened.work, eyes: { ...opened.work.eyes, reads: node } });
  const { timeMark } = opened.work.state;
  timeMark.raise(clock.now());
  const begin = timeMark.get();
  await house.tend(signal);
  await clock.advance(5 * MINUTE);
  await house.tend(signal);
  assertEquals(timeMark.get(), begin);
  await clock.advance(6 * MINUTE);
  await house.tend(signal);
  assertEquals(timeMark.get(), Math.floor(clock.now() / 1000) * 1000);
});

Deno.test("the audit log is checked once, and its head told; a node that is away stops nothing else", async () => {
  const log = listener();
  await using opened = await openWork({ log });
  const { work, simulator } = opened;
  let pruned = 0;
  const prune = work.state.prune.bind(work.state);
  work.state.prune = (now) => {
    pruned++;
    return prune(now);
  };
  simulator.wire.faults.add({ fault: { kind: "status", status: 403 } });
  work.state.audit.append({ at: 1, kind: "test", body: {} });
  const house = new House(work);
  await house.tend(signal);
  await house.tend(signal);
  const holds = log.lines.filter((line) => line.startsWith("the audit log holds"));
  assertEquals(holds.length, 1);
  assertStringIncludes(holds[0] ?? "", work.state.audit.head().hash.toHex());
  assertEquals(pruned, 1);
});

Deno.test("what is old is removed batch after batch, until one is not full", async () => {
  await using opened = await openWork();
  const { state } = opened.work;
  const batches = [500, 500, 3, 0];
  let asked = 0;
  const none = state.prune(0);
  state.prune = () => ({ ...none, operations: batches[asked++] ?? 0 });
  await new House(opened.work).tend(signal);
  assertEquals(asked, 3);
});

Deno.test("an acknowledgement begins a new instance: no doubt, the time of now, nothing signed left, the signers as they were", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await using opened = await openWork({ signers: { operational: anna.line() } });
    const { work, work: { state, clock } } = opened;
    const action: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };
    const intent: Intent = {
      ...{ action, origin: "job", source: "control socket", reference: "1", transaction: null },
      evidence: { why: "Somebody asks", digest: null, observedAt: 1 },
    };
    const submission = await opened.sign(action, anna);
    const given = work.gate.authorise(intent, submission, await work.facts(action, signal));
    assert(given.outcome === "authorised", JSON.stringify(given));
    const { operation } = given.authorisation;
    const before = state.instance;
    const rotated = { role: "operational", sequence: 1, previous: null, operation: "x" } as const;
    state.signers.install({
      ...rotated,
      ...{ digest: "new", content: "rotated", origin: "rotation", installedAt: 1 },
    });
    state.instances.doubt("It is older", clock.now());
    state.timeMark.raise(clock.now() + 1e9);

    const { instance } = acknowledge(work);
    assertEquals([state.instance, instance === before], [instance, false]);
    assertEquals(state.instances.current().doubt, null);
    assert((state.timeMark.get() ?? Infinity) <= clock.now());
    assertEquals(state.operations.get(operation)?.state, "abandoned");
    const current = state.signers.current("operational");
    assertEquals([current?.origin, current?.sequence, current?.content], [
      ...["rotation", 1, "rotated"],
    ]);
    const links = state.audit.list();
    assertEquals(links.at(-1)?.kind, "state.acknowledged");
  } finally {
    await operators.close();
  }
});

Deno.test("a clock that is behind is acknowledged without a doubt; one that is in order moves no mark", async () => {
  const clock = new FakeClock();
  await using opened = await openWork({ clock });
  const { work, work: { state } } = opened;
  const ahead = clock.now() + 5 * MINUTE;
  state.timeMark.raise(ahead);
  assertEquals(codeOf(() => acknowledge(work)), "state.not_in_doubt");
  state.instances.doubt("It is older", clock.now());
  acknowledge(work);
  assertEquals(state.timeMark.get(), ahead, "the clock is within the tolerance");
  state.timeMark.raise(ahead + 1);
  const before = state.instance;
  acknowledge(work);
  assertEquals([state.timeMark.get(), state.instance === before], [clock.now(), false]);
});
