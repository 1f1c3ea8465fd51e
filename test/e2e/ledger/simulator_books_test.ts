import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { waitTask } from "../../../src/proxmox/mod.ts";
import { type OpenWork, openWork } from "../../reconcile/support/open_work.ts";
import { judge } from "./judge.ts";
import { simulatorBooks } from "./simulator_books.ts";

const START: Action = { kind: "guest.start", guest: 201, params: {} };

/** Starts guest 201 by hand, and writes of it what it is told to. */
async function start({ work }: OpenWork, journal: readonly ("intent" | "outcome")[]) {
  const { gate, hands, eyes, facts, clock, state } = work;
  const evidence = { why: "A test", digest: null, observedAt: 1 };
  const answer = gate.ask({
    ...{ action: START, origin: "job", source: "control socket", reference: "1" },
    ...{ transaction: null, evidence },
  }, await facts(START, new AbortController().signal));
  assert(answer.outcome === "permitted", JSON.stringify(answer));
  if (journal.includes("intent")) {
    const at = clock.now();
    state.operations.authorise({
      ...{ id: "1", transaction: null, vmid: 201, action: START, origin: "job", evidence, at },
    });
    state.operations.advance("1", "started", { at });
  }
  const upid = await hands.proxmox.start(answer.permit);
  if (journal.includes("intent")) {
    state.operations.advance("1", "task_running", { at: clock.now(), upid });
  }
  await waitTask(eyes.reads, upid, { clock, limitMs: 60_000 });
  if (journal.includes("outcome")) state.operations.advance("1", "succeeded", { at: clock.now() });
}

for (
  const [what, journal, problems] of [
    ["is written down before and after is in order", ["intent", "outcome"], 0],
    ["is written down before only is lost", ["intent"], 1],
    ["is not written down is found, its request and its task", [], 2],
  ] as const
) {
  Deno.test(`On a simulated host, what ${what}`, async () => {
    await using opened = await openWork({ simulator: { scenario: "mixed", guests: 2 } });
    await start(opened, journal);
    const { state } = opened.work;
    const found = judge(simulatorBooks(state.operations, opened.simulator));
    assertEquals(found.problems.length, problems, found.problems.join("\n"));
  });
}
