import { DatabaseSync } from "node:sqlite";
import { lockState, openState } from "../../src/state/mod.ts";
import type { Contender, Suite } from "./frame.ts";

/** Transitions in a round; as many rows the bare loop inserts. */
const ROWS = 150;
const ROUNDS = { rounds: 41, warmUp: 6 } as const;

/**
 * What a durable transition costs against a bare insert with the same settings into a table of the
 * same file system: WAL, `synchronous=FULL`, one transaction a row. Operations are made before the
 * clock starts.
 */
export async function stateSuite(): Promise<Suite> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-bench-" });
  const opened = new DisposableStack();
  const lock = opened.use(lockState(folder));
  const state = opened.use(openState(lock, { now: 1, newInstance: "bench" }));
  const bare = opened.use(openBare(`${folder}/bare.db`));
  let made = 0;

  const transitions: Contender = {
    name: "transitions",
    run() {
      const ids = Array.from({ length: ROWS / 3 }, () => `operation-${made++}`);
      state.transaction(() => {
        for (const id of ids) {
          state.operations.authorise({
            ...{ id, transaction: null, vmid: 101, action: { kind: "guest.start" } },
            ...{ origin: "desired", evidence: { why: "It is stopped, desired running" }, at: 1 },
          });
        }
      });
      const start = performance.now();
      for (const id of ids) {
        state.operations.advance(id, "started", { at: 2 });
        state.operations.advance(id, "task_running", { at: 3, upid: UPID });
        state.operations.advance(id, "succeeded", { at: 4 });
      }
      return Promise.resolve(performance.now() - start);
    },
  };
  const inserts: Contender = {
    name: "node:sqlite, bare",
    run() {
      const start = performance.now();
      for (let row = 0; row < ROWS; row++) bare.insert(`operation-${made++}`);
      return Promise.resolve(performance.now() - start);
    },
  };

  return {
    comparisons: [{
      ...ROUNDS,
      title: `${ROWS} durable transitions (${await fileSystemOf(folder)})`,
      baseline: inserts,
      contenders: [{ ...transitions, limit: 1.5 }],
    }],
    async close() {
      opened.dispose();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const UPID = "UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:felhom@pve!agent:";

/** The same columns as a transition has, in a table of its own. */
function openBare(path: string): { insert(operation: string): void } & Disposable {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    CREATE TABLE transition (
      seq INTEGER PRIMARY KEY, operation TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
      upid TEXT
    ) STRICT`);
  const statement = database.prepare(
    "INSERT INTO transition (operation, state, at, upid) VALUES (?, ?, ?, ?)",
  );
  return {
    insert: (operation) => void statement.run(operation, "started", 2, UPID),
    [Symbol.dispose]: () => database.close(),
  };
}

/** The kind of file system a folder lies on, as the kernel's table of mounts has it. */
async function fileSystemOf(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command("findmnt", {
    args: ["--noheadings", "--output", "FSTYPE", "--target", folder],
  }).output();
  return new TextDecoder().decode(stdout).trim() || "unknown file system";
}
