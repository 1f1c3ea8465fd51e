import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type ErrorCode, FelhomError } from "../../src/errors.ts";
import { LAYOUT } from "../../src/state/migrate.ts";
import { lockHolder, lockState, readState } from "../../src/state/mod.ts";
import { inFolder, openIn, SMALL_RESERVE } from "./state_folder.ts";

Deno.test("A state keeps its instance; a new one gets another", async () => {
  await inFolder((folder) => {
    {
      using first = openIn(folder, { now: 1, newInstance: "a" });
      first.state.instances.recordStart(2);
      assertEquals(first.state.instance, "a");
    }
    using again = openIn(folder, { now: 3, newInstance: "b" });
    const { id, createdAt, startedAt } = again.state.instances.current();
    assertEquals([id, createdAt, startedAt], ["a", 1, 2]);
  });
});

Deno.test("A state is for nobody else to read, its log included", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder);
    opened.state.instances.recordStart(2);
    for (const { name } of Deno.readDirSync(folder)) {
      assertEquals((Deno.statSync(`${folder}/${name}`).mode ?? 0) & 0o777, 0o600, name);
    }
  });
});

Deno.test("Room for work under way is kept from the first moment on", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder);
    assertEquals(Deno.statSync(`${folder}/reserve`).size, SMALL_RESERVE.size);
    assertEquals(opened.state.acceptsWork(), true);
  });
});

interface Spoiled {
  readonly spoil: (path: string) => void;
  readonly code: ErrorCode;
  readonly says: string;
}

const SPOILED: Readonly<Record<string, Spoiled>> = {
  "of a newer version": {
    spoil(path) {
      openIn(folderOf(path))[Symbol.dispose]();
      using database = new DatabaseSync(path);
      database.exec("PRAGMA user_version = 99; CREATE TABLE later (x)");
    },
    code: "state.newer",
    says: `written by a newer version (layout 99; this one writes ${LAYOUT})`,
  },
  "of a newer version that was killed": {
    spoil(path) {
      openIn(folderOf(path))[Symbol.dispose]();
      killedAfter(path, "PRAGMA journal_mode = WAL; PRAGMA user_version = 99");
    },
    code: "state.newer",
    says: "layout 99",
  },
  "of another program": {
    spoil(path) {
      using database = new DatabaseSync(path);
      database.exec("PRAGMA application_id = 7; CREATE TABLE theirs (x)");
    },
    code: "state.foreign",
    says: "another program's",
  },
  "of a program that numbers nothing": {
    spoil(path) {
      using database = new DatabaseSync(path);
      database.exec("CREATE TABLE theirs (x)");
    },
    code: "state.foreign",
    says: "another program's",
  },
  "that is no database": {
    spoil: (path) => Deno.writeTextFileSync(path, "hello ".repeat(1000)),
    code: "state.damaged",
    says: "not a database",
  },
  "full of zeros": {
    spoil: (path) => Deno.writeFileSync(path, new Uint8Array(8192)),
    code: "state.damaged",
    says: "filled with zeros",
  },
  "whose rest is zeros": {
    spoil(path) {
      openIn(folderOf(path))[Symbol.dispose]();
      const bytes = Deno.readFileSync(path);
      Deno.writeFileSync(path, bytes.fill(0, 4096));
    },
    code: "state.damaged",
    says: "it is damaged",
  },
  "of which one page in the middle is zeros": {
    spoil(path) {
      {
        using opened = openIn(folderOf(path));
        for (let at = 0; at < 500; at++) opened.state.audit.append({ at, kind: "x", body: { at } });
      }
      const bytes = Deno.readFileSync(path);
      Deno.writeFileSync(path, bytes.fill(0, bytes.length - 40_960, bytes.length - 36_864));
    },
    code: "state.damaged",
    says: "it is damaged",
  },
  "that was cut off": {
    spoil(path) {
      openIn(folderOf(path))[Symbol.dispose]();
      Deno.truncateSync(path, 5000);
    },
    code: "state.damaged",
    says: "it is damaged",
  },
  "of which a few bytes are left": {
    spoil(path) {
      openIn(folderOf(path))[Symbol.dispose]();
      Deno.truncateSync(path, 50);
    },
    code: "state.damaged",
    says: "cut off",
  },
};

function folderOf(path: string): string {
  return path.replace(/\/state\.db$/, "");
}

/** Lets another process write, and die with what it wrote in the log alone. */
function killedAfter(path: string, sql: string): void {
  const { signal } = new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--no-check"],
      `import { DatabaseSync } from "node:sqlite";
       new DatabaseSync(${JSON.stringify(path)}).exec(${JSON.stringify(sql)});
       Deno.kill(Deno.pid, "SIGKILL");`,
    ],
  }).outputSync();
  assertEquals(signal, "SIGKILL");
}

for (const [name, { spoil, code, says }] of Object.entries(SPOILED)) {
  Deno.test(`A state ${name} is refused, and left as it is`, async () => {
    await inFolder((folder) => {
      const path = `${folder}/state.db`;
      spoil(path);
      const before = Deno.readFileSync(path);
      const refused = [
        assertThrows(() => openIn(folder, { newInstance: "b" }), FelhomError),
        assertThrows(() => readState(folder, () => {}), FelhomError),
      ];
      for (const error of refused) {
        assertEquals(error.code, code);
        assertStringIncludes(error.message, path);
        assertStringIncludes(error.message, says);
      }
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
    assertEquals(lockHolder(folder), Deno.pid);
    lock[Symbol.dispose]();
    assertStringIncludes(await other(), "held");
    assert(lockHolder(folder) !== Deno.pid);
  });
});

Deno.test("A lock that was let go of is free at once, whatever programs start meanwhile", async () => {
  await inFolder(async (folder) => {
    // A program that starts has copies of all that is open, until its own code runs.
    const worker = new Worker(import.meta.resolve("./start_programs.ts"), { type: "module" });
    const begun = Promise.withResolvers<void>();
    let done = false;
    worker.onmessage = ({ data }) => {
      begun.resolve();
      done = data === "done";
    };
    await begun.promise;
    const end = performance.now() + 60_000;
    try {
      while (!done) {
        assert(performance.now() < end, "programs are still started");
        for (let count = 0; count < 50; count++) lockState(folder)[Symbol.dispose]();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    } finally {
      worker.terminate();
    }
  });
});

Deno.test("A folder that is missing is said to be", () => {
  const error = assertThrows(() => lockState("/nonexistent/felhom"), FelhomError);
  assertEquals(error.code, "state.unusable");
  assert(error.hint?.includes("ls -ld /nonexistent/felhom"));
});
