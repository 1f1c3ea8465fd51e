import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { lastWriteOf } from "../../../src/reconcile/recovery/doubt.ts";
import { operation } from "../../state/operation.ts";
import { inFolder, openIn } from "../../state/state_folder.ts";

Deno.test("The state was last at work when it last wrote, whatever cannot be read or lies ahead", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { state, state: { operations } } = opened;
      assertEquals(lastWriteOf(state, 5_000), 1, "a new one was made then");
      for (const [id, at] of [["a", 300], ["b", 200], ["ahead", 9_000], ["bad", 700]] as const) {
        operations.authorise(operation(id, { at }));
      }
      assertEquals(lastWriteOf(state, 5_000), 700);
      assertEquals(lastWriteOf(state, 9_000), 9_000);
    }
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec("UPDATE operation SET action = 'no JSON' WHERE id = 'bad'");
    }
    using opened = openIn(folder);
    assertEquals(lastWriteOf(opened.state, 5_000), 300);
    assertEquals(lastWriteOf(opened.state, 0), 0);
  });
});
