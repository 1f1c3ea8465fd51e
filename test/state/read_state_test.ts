import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { APPLICATION_ID } from "../../src/state/file_header.ts";
import { LAYOUT } from "../../src/state/migrate.ts";
import { readHeader } from "../../src/state/read_header.ts";
import { readState } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";
import { inFolder, openIn } from "./state_folder.ts";

const HOLDER = new URL("hold_open.ts", import.meta.url).pathname;

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function stateOf(folder: string, id: string): string | undefined {
  return readState(folder, ({ operations }) => operations.get(id)?.state);
}

/** A daemon of another process, which has written the operation "held". */
async function withDaemon(
  folder: string,
  test: (daemon: Deno.ChildProcess) => void | Promise<void>,
): Promise<void> {
  const daemon = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "-A", HOLDER, folder],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = daemon.stdout.getReader();
  await reader.read();
  try {
    await test(daemon);
  } finally {
    await daemon.stdin.close();
    while (!(await reader.read()).done);
    await daemon.status;
  }
}

Deno.test("A state is read while a daemon works with it, and no file is made", async () => {
  await inFolder(async (folder) => {
    await withDaemon(folder, () => {
      const before = filesIn(folder);
      assertEquals(stateOf(folder, "held"), "authorised");
      assertEquals(filesIn(folder), before);
    });
  });
});

Deno.test("A daemon that ended well leaves one database file, which is read alone", async () => {
  await inFolder(async (folder) => {
    await withDaemon(folder, () => {});
    assertEquals(filesIn(folder), ["agent.lock", "reserve", "state.db"]);
    const before = Deno.readFileSync(`${folder}/state.db`);
    assertEquals(stateOf(folder, "held"), "authorised");
    assertEquals(filesIn(folder), ["agent.lock", "reserve", "state.db"]);
    assertEquals(Deno.readFileSync(`${folder}/state.db`), before);
  });
});

Deno.test("What a killed daemon left is read whole, and left for the next one", async () => {
  await inFolder(async (folder) => {
    await withDaemon(folder, (daemon) => daemon.kill("SIGKILL"));
    const before = filesIn(folder);
    assertStringIncludes(before.join(" "), "state.db-wal");
    // Who looks at the file alone is not misled about what wrote it.
    assertEquals(readHeader(`${folder}/state.db`), {
      ...{ kind: "sqlite", application: APPLICATION_ID, layout: LAYOUT, wal: true },
    });
    assertEquals([stateOf(folder, "held"), stateOf(folder, "held")], ["authorised", "authorised"]);
    assertEquals(filesIn(folder), before);
    using opened = openIn(folder);
    assertEquals(opened.state.operations.get("held")?.state, "authorised");
  });
});

for (const lost of ["state.db-shm", "state.db-wal"]) {
  Deno.test(`A reader that would have to make ${lost} says so instead`, async () => {
    await inFolder(async (folder) => {
      await withDaemon(folder, (daemon) => daemon.kill("SIGKILL"));
      Deno.removeSync(`${folder}/${lost}`);
      const before = filesIn(folder);
      const error = assertThrows(() => stateOf(folder, "held"), FelhomError);
      assertEquals(error.code, "state.unusable");
      assertEquals(filesIn(folder), before);
    });
  });
}

Deno.test("Where no daemon has run there is no state, and a reader makes none", async () => {
  await inFolder((folder) => {
    const error = assertThrows(() => stateOf(folder, "x"), FelhomError);
    assertEquals([error.code, filesIn(folder)], ["state.absent", []]);
    assertEquals(
      assertThrows(() => stateOf(`${folder}/none`, "x"), FelhomError).code,
      "state.absent",
    );
  });
});

Deno.test("What is read is of one moment", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder);
    const { operations } = opened.state;
    operations.authorise(operation("a"));
    const [first, second] = readState(folder, (state) => {
      const before = state.operations.get("a")?.state;
      operations.advance("a", "started", { at: 1 });
      return [before, state.operations.get("a")?.state];
    });
    assertEquals([first, second], ["authorised", "authorised"]);
    assertEquals(stateOf(folder, "a"), "started");
  });
});

Deno.test("A reader that tries to write is stopped", async () => {
  await inFolder((folder) => {
    openIn(folder)[Symbol.dispose]();
    const write = () =>
      readState(folder, ({ timeMark }) =>
        "raise" in timeMark && Reflect.apply(
          // The type does not have it; the object must not let it either.
          Object(timeMark).raise,
          timeMark,
          [5],
        ));
    assertEquals(assertThrows(write, FelhomError).code, "internal.bug");
  });
});
