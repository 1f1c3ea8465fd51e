import { assertEquals, assertThrows } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { parseArgued, readArgued } from "./argued.ts";
import { AREAS, filesOf } from "./areas.ts";
import { named } from "./find_mutants.ts";
import { namedMutants } from "./named.ts";
import plugin from "./plugin.ts";

Deno.test("Every survivor that was argued is one that is still made", async () => {
  const argued = [...(await readArgued()).keys()];
  const files = new Set(argued.map((id) => id.split(" › ")[0] ?? ""));
  const made = await Promise.all([...files].map(async (file) => {
    const source = await Deno.readTextFile(new URL(file, repositoryRoot));
    return named(
      Deno.lint.runPlugin(plugin, file, source)
        .map(({ message }) => ({ file, line: 1, found: JSON.parse(message) })),
    ).map(({ id }) => id);
  }));
  const known = new Set(made.flat());
  assertEquals(argued.filter((id) => !known.has(id)), []);
});

Deno.test("Every named mutant has its place", async () => {
  assertEquals(new Set((await namedMutants()).map(({ id }) => id)).size, 8);
});

Deno.test("Every file of the areas is of one area only", async () => {
  const files = (await Promise.all(AREAS.map(filesOf))).flat();
  assertEquals(files.filter((file, at) => files.indexOf(file) !== at), []);
});

Deno.test("An argument is read with the mutant it stands below", () => {
  assertEquals(
    [...parseArgued("# about\na › b\n  It is so\n  because.\n\nc › d\n  And so.\n")],
    [["a › b", "It is so because."], ["c › d", "And so."]],
  );
});

for (
  const [what, text] of Object.entries({
    "without an argument": "a › b\nc › d\n  And so.\n",
    "without an argument at the end": "a › b\n",
    "that stands twice": "a › b\n  So.\na › b\n  So.\n",
  })
) {
  Deno.test(`A mutant ${what} is refused`, () => {
    assertThrows(() => parseArgued(text), Error);
  });
}
