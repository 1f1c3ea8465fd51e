import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../../src/errors.ts";
import { operation, signed } from "./operation.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

const SEALED = new URL("seal_and_work.ts", import.meta.url).pathname;

Deno.test("A transaction in another stands or falls with it", async () => {
  await withState((state) => {
    const attempt = () =>
      state.transaction(() => {
        state.timeMark.raise(5);
        state.transaction(() => state.audit.append({ at: 1, kind: "x", body: {} }));
        throw new RangeError("Cannot go on");
      });
    assertThrows(attempt, RangeError);
    assertEquals([state.timeMark.get(), state.audit.head().seq], [undefined, 0]);
  });
});

Deno.test("A transaction that failed within another takes it along, though its work looks away", async () => {
  await withState((state) => {
    state.operations.authorise(operation("a", { transaction: "t-a" }));
    state.transactions.close("t-a", "committed", 2);
    const attempt = () =>
      state.transaction(() => {
        try {
          state.operations.authorise(operation("b", { transaction: "t-a", signed: signed("n") }));
        } catch {
          // Looks away.
        }
        assertThrows(() => state.timeMark.raise(5), FelhomError);
      });
    assertEquals(assertThrows(attempt, FelhomError).code, "state.closed");
    assertEquals([state.nonces.usedBy("n"), state.timeMark.get()], [undefined, undefined]);
    // The next one is not held against it.
    state.timeMark.raise(5);
    assertEquals(state.timeMark.get(), 5);
  });
});

Deno.test("A database that somebody else holds is said to be, soon; then work goes on", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder);
    using shell = new DatabaseSync(`${folder}/state.db`);
    shell.exec("BEGIN IMMEDIATE");
    const start = performance.now();
    const error = assertThrows(() => opened.state.timeMark.raise(5), FelhomError);
    assert(performance.now() - start < 2000);
    assertEquals([error.code, error.retry], ["state.locked", "safe"]);
    shell.exec("ROLLBACK");
    assertEquals(opened.state.timeMark.raise(5), true);
  });
});

Deno.test("After the seal everything works on, and SQL reaches no other file", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--quiet", "--no-prompt"],
        ...[`--allow-read=${folder}`, `--allow-write=${folder}`, SEALED, folder],
      ],
    }).output();
    const text = new TextDecoder();
    assertEquals(code, 0, text.decode(stderr));
    assertEquals(JSON.parse(text.decode(stdout)), {
      open: "NotCapable",
      attach: "Error",
      "attach elsewhere": "Error",
      "vacuum into": "Error",
      pruned: 500,
      accepts: true,
      holds: true,
    });
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ...["agent.lock", "reserve", "state.db"],
    ]);
    using again = openIn(folder);
    assertEquals(again.state.operations.get("o519")?.state, "succeeded");
  });
});
