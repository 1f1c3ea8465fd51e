import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../../src/errors.ts";
import { openState } from "../../src/state/database.ts";
import { lockState } from "../../src/state/lock.ts";

async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A state keeps its instance; a new one gets another", async () => {
  await inFolder((folder) => {
    using first = openState(folder, { now: 1, newInstance: "a" });
    first.recordStart(2);
    assertEquals([first.instance, first.createdAt], ["a", 1]);
    using again = openState(folder, { now: 3, newInstance: "b" });
    assertEquals([again.instance, again.createdAt], ["a", 1]);
  });
});

Deno.test("A state is for nobody else to read, its log included", async () => {
  await inFolder((folder) => {
    using state = openState(folder, { now: 1, newInstance: "a" });
    state.recordStart(2);
    for (const { name } of Deno.readDirSync(folder)) {
      assertEquals((Deno.statSync(`${folder}/${name}`).mode ?? 0) & 0o777, 0o600, name);
    }
  });
});

const SPOILED: Readonly<Record<string, (path: string) => void>> = {
  "of a newer version": (path) => {
    using database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99; CREATE TABLE later (x)");
  },
  "that is none": (path) => Deno.writeTextFileSync(path, "hello ".repeat(1000)),
  "full of zeros": (path) => Deno.writeFileSync(path, new Uint8Array(8192)),
  "that was cut off": (path) => {
    openState(path.replace(/\/state\.db$/, ""), { now: 1, newInstance: "a" })[Symbol.dispose]();
    Deno.truncateSync(path, 5000);
  },
};

for (const [name, spoil] of Object.entries(SPOILED)) {
  Deno.test(`A state ${name} is refused, and left as it is`, async () => {
    await inFolder((folder) => {
      const path = `${folder}/state.db`;
      spoil(path);
      const before = Deno.readFileSync(path);
      const error = assertThrows(
        () => openState(folder, { now: 1, newInstance: "b" }),
        FelhomError,
      );
      assertEquals(error.code, "state.unusable");
      assertStringIncludes(error.message, path);
      assertEquals(Deno.readFileSync(path), before);
    });
  });
}

Deno.test("One process at a time holds the lock, and says who it is", async () => {
  await inFolder(async (folder) => {
    const lock = lockState(folder);
    const other = () =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["eval", "--no-check"],
          `import { lockState } from "${new URL("../../src/state/lock.ts", import.meta.url)}";
           try { lockState("${folder}"); console.log("held"); }
           catch (error) { console.log(error.code, error.message); }`,
        ],
      }).output().then(({ stdout }) => new TextDecoder().decode(stdout));
    assertStringIncludes(await other(), `daemon.running A daemon works with "${folder}" already`);
    assertStringIncludes(await other(), `(process ${Deno.pid})`);
    lock[Symbol.dispose]();
    assertStringIncludes(await other(), "held");
  });
});

Deno.test("A folder that is missing is said to be", () => {
  const error = assertThrows(() => lockState("/nonexistent/felhom"), FelhomError);
  assertEquals(error.code, "state.unusable");
  assert(error.hint?.includes("ls -ld /nonexistent/felhom"));
});
