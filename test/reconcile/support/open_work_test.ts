import { assert, assertEquals } from "@std/assert";
import type { Action, Intent } from "../../../src/action/mod.ts";
import { waitTask } from "../../../src/proxmox/mod.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { openWork } from "./open_work.ts";

const signal = new AbortController().signal;

function intent(action: Action): Intent {
  return {
    action,
    origin: "job",
    source: "control socket",
    reference: "job-1",
    transaction: null,
    evidence: { why: "Somebody asks", digest: null, observedAt: 1 },
  };
}

Deno.test("Open work starts a guest: asked of the gate, done by the hands, seen by the eyes", async () => {
  await using opened = await openWork();
  const { work: { gate, hands, eyes, facts, clock } } = opened;
  const action: Action = { kind: "guest.start", guest: 230, params: {} };
  const answer = gate.ask(intent(action), await facts(action, signal));
  assert(answer.outcome === "permitted", JSON.stringify(answer));
  const upid = await hands.proxmox.start(answer.permit);
  const { outcome } = await waitTask(eyes.reads, upid, { clock, limitMs: 60_000 });
  assertEquals(outcome, "ok");
  assertEquals(opened.simulator.pve.world.guest(230).running === undefined, false);
  assertEquals(opened.work.state.audit.list({ limit: 1 })[0]?.kind, "gate.permitted");
});

Deno.test("Open work takes what an operator signs", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    const signers = { operational: anna.line() };
    await using first = await openWork({ signers });
    const action: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };
    const submission = await first.sign(action, anna);
    const facts = await first.work.facts(action, signal);
    const answer = first.work.gate.authorise(intent(action), submission, facts);
    assertEquals(answer.outcome, "authorised", JSON.stringify(answer));
    const [operation] = first.work.state.operations.unfinishedOf(230);
    assertEquals(operation?.action, action);
    assertEquals(first.alarms, []);
  } finally {
    await operators.close();
  }
});

Deno.test("Open work goes on with a state and a host that others opened", async () => {
  await using simulator = await startSimulator({ timeScale: 50 });
  await inFolder(async (folder) => {
    const first = await openWork({ folder, on: simulator });
    const { instance } = first.work.state;
    await first[Symbol.asyncDispose]();
    await using second = await openWork({ folder, on: simulator });
    assertEquals(second.work.state.instance, instance);
    assertEquals((await second.work.eyes.reads.nodes()).length, 1);
  });
});

Deno.test("Open work wants what it is told to, each time another revision", async () => {
  await using opened = await openWork();
  const { provider } = opened.work;
  assertEquals(provider.current().guests.size, 0);
  const one = opened.want({ vmid: 201, state: "running", settings: {}, restart: "never" });
  assertEquals(provider.current(), one);
  assertEquals(opened.want().revision === one.revision, false);
});
