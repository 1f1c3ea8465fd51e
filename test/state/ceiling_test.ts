import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../../src/errors.ts";
import { ceilingBytes } from "../../src/state/ceiling.ts";
import { gatePorts } from "../../src/state/mod.ts";
import { codeOf, flood } from "./flood.ts";
import { operation, signed } from "./operation.ts";
import { inFolder, openIn } from "./state_folder.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const CEILING = 4 * MIB;

function pages(folder: string): number {
  using reader = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
  return Number(reader.prepare("PRAGMA page_count").get()?.["page_count"]);
}

Deno.test("The ceiling is what is configured or a third of what the disk has, whichever is less", () => {
  const of = (free: number | undefined, used = 0) =>
    ceilingBytes({ configured: 4 * GIB, free, used });
  assertEquals(of(100 * GIB), 4 * GIB);
  assertEquals(of(6 * GIB), 2 * GIB);
  // What it has already is not what others have taken: a restart does not make it less.
  assertEquals(of(5 * GIB, GIB), 2 * GIB);
  assertEquals(of(0), 64 * MIB);
  assertEquals(of(undefined), 4 * GIB);
});

Deno.test("A flood ends at the ceiling; signed work, recovery and what runs go on, and so does the audit", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { ceiling: CEILING });
    const { state } = opened;
    const { operations } = state;
    for (const id of ["running", "waiting"]) operations.authorise(operation(id));
    operations.authorise(operation("signed before", { signed: signed("n0") }));
    operations.advance("running", "started", { at: 1 });

    assertEquals(flood(state).code, "state.ceiling");
    assert(pages(folder) * 4096 <= CEILING * 3 / 4, "the part kept is whole");
    assertEquals([state.acceptsWork(), state.acceptsWork("signed")], [false, true]);
    assertEquals(state.shortage, "ceiling");

    const refuse = (quota: "request" | "submission" | "signed") =>
      state.audit.refuse({ at: 3, kind: "gate.refused", body: {}, source: "hub", key: "k", quota });
    // Nothing unsigned begins.
    const desired = {
      provider: "local",
      revision: "1",
      digest: "d",
      document: "{}",
      acceptedAt: 1,
    };
    for (
      const refused of [
        () => operations.authorise(operation("new")),
        () => operations.advance("waiting", "started", { at: 2 }),
        () => state.desired.accept(desired),
        () => refuse("request"),
        () => refuse("submission"),
      ]
    ) assertEquals(codeOf(refused), "state.ceiling");

    // What runs, what is made undone and what is signed are written down, and so is its audit.
    const ports = gatePorts(state, { now: () => 3, newId: () => crypto.randomUUID() });
    for (
      const written of [
        () => operations.advance("running", "succeeded", { at: 2, detail: "x".repeat(10_000) }),
        () => operations.authorise(operation("undo", { origin: "recovery" })),
        () => operations.advance("undo", "started", { at: 2, purpose: "finish" }),
        () => operations.advance("signed before", "started", { at: 2, purpose: "signed" }),
        () => operations.authorise(operation("signed", { signed: signed("n1") })),
        () =>
          ports.transaction(() => {
            operations.authorise(operation("signed too", { signed: signed("n2") }));
            state.audit.append({ at: 3, kind: "gate.authorised", body: {} }, { purpose: "signed" });
          }),
        () => refuse("signed"),
        () => state.timeMark.raise(9),
        () => state.audit.flush(9),
      ]
    ) assertEquals(codeOf(written), "done");
    assertEquals(operations.get("signed too")?.state, "authorised");
    // And it does not open the part for others.
    assertEquals(codeOf(() => operations.authorise(operation("new"))), "state.ceiling");
  });
});

Deno.test("What is pruned lets new work begin again, and a restart changes nothing of it", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder, { ceiling: CEILING });
      flood(opened.state);
    }
    using opened = openIn(folder, { ceiling: CEILING });
    const { state } = opened;
    assertEquals(flood(state), { code: "state.ceiling", taken: 0 });
    for (const row of state.operations.list({ limit: 10_000 })) {
      if ("id" in row) state.operations.advance(row.id, "abandoned", { at: 2 });
    }
    const prune = { before: 0, until: 0, keep: 10, lastingBefore: 0, limit: 10_000 };
    assert(state.operations.prune(prune) > 0);
    assertEquals(state.acceptsWork(), true);
    assertEquals(codeOf(() => state.operations.authorise(operation("new"))), "done");
    assertEquals(flood(state).code, "state.ceiling");
  });
});

Deno.test("The part that is kept has an end, too: SQLite itself keeps the ceiling", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { ceiling: CEILING });
    const { state } = opened;
    flood(state);
    let code: string = "done";
    for (let count = 0; count < 5_000 && code === "done"; count++) {
      const document = signed(`n${count}`, { bytes: new Uint8Array(16_000) });
      code = codeOf(() => state.operations.authorise(operation(`s${count}`, { signed: document })));
    }
    assertEquals(code, "state.full");
    assert(pages(folder) * 4096 <= CEILING);
    assertEquals(state.audit.verify().holds, true);
  });
});

Deno.test("A log that a reader keeps from being carried over stops new work, and nothing else", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { logLimit: MIB });
    const { state } = opened;
    {
      using reader = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
      reader.exec("BEGIN; SELECT * FROM instance");
      const { code } = flood(state);
      assertEquals(code, "state.ceiling");
      const hint = assertThrows(() =>
        state.operations.authorise(operation("new")), FelhomError).hint;
      assertEquals(hint?.includes("fuser -v"), true);
      assertEquals([state.shortage, state.acceptsWork("signed")], ["log", true]);
      const document = signed("n");
      assertEquals(
        codeOf(() => state.operations.authorise(operation("signed", { signed: document }))),
        "done",
      );
      reader.exec("ROLLBACK");
    }
    assertEquals(codeOf(() => state.operations.authorise(operation("new"))), "done");
  });
});
