import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import type { OperationOrigin, OperationState } from "../../../src/state/mod.ts";
import { giveUpOver, whyOver } from "../../../src/reconcile/settling/unsigned_waiting.ts";
import { signed } from "../../state/operation.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const HOUR = 60 * 60_000;
const STOP: Action = { kind: "guest.stop", guest: 230, params: {} };

/** A stop that was asked for two hours ago. */
function old(
  { work: { state, clock } }: OpenWork,
  id: string,
  { origin = "job", states = [], isSigned = false }: {
    readonly origin?: OperationOrigin;
    readonly states?: readonly OperationState[];
    readonly isSigned?: boolean;
  } = {},
) {
  const at = clock.now() - 2 * HOUR;
  state.operations.authorise({
    ...{ id, transaction: null, vmid: 230, origin, at },
    action: STOP,
    evidence: { why: "", digest: null, observedAt: at, source: "hub", reference: "1" },
    ...(isSigned ? { signed: signed(id, { expiresAt: at + 24 * HOUR }) } : {}),
  });
  for (const as of states) state.operations.advance(id, as, { at });
  const operation = state.operations.get(id);
  assert(operation !== undefined);
  return operation;
}

Deno.test("Only what nobody signed, somebody asked for and nobody has begun grows too old", async () => {
  await using open = await openWork();
  const { work } = open;
  const lasting = [
    old(open, "signed", { isSigned: true }),
    old(open, "begun", { states: ["started"] }),
    old(open, "running", { states: ["started", "task_running"] }),
    ...(["desired", "selftest", "recovery"] as const).map((origin) =>
      old(open, origin, { origin })
    ),
  ];
  const asked = old(open, "asked");
  for (const one of lasting) assertEquals([one.id, whyOver(work, one)], [one.id, undefined]);
  assert(whyOver(work, asked) !== undefined);
  assertEquals(giveUpOver(work, [...lasting, asked]), lasting);
  assertEquals(work.state.operations.get("asked")?.state, "abandoned");
  for (const { id, state } of lasting) {
    assertEquals([id, work.state.operations.get(id)?.state], [id, state]);
  }
});
