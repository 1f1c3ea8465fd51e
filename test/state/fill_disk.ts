/**
 * Fills the disk under an open, sealed state and says as a line of JSON what it then does and what
 * not. Arguments: folder, "fill" the first time, "again" for a start on the full disk, and "freed"
 * after room was made.
 */
import { FelhomError } from "../../src/errors.ts";
import { lockState, openState } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";

const [folder = "", phase = ""] = Deno.args;
const lock = lockState(folder);
const state = openState(lock, {
  ...{ now: 1, newInstance: "a" },
  reserve: { size: 2 * 1024 * 1024, step: 128 * 1024 },
});
const { operations } = state;

function codeOf(work: () => void): string {
  try {
    work();
    return "done";
  } catch (error) {
    return error instanceof FelhomError ? error.code : String(error);
  }
}

function fill(file: Deno.FsFile): void {
  for (const size of [65536, 4096, 1]) {
    try {
      while (true) file.writeSync(new Uint8Array(size));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}

const found: Record<string, unknown> = {};
if (phase === "fill") {
  for (let id = 0; id < 400; id++) operations.authorise(operation(`o${id}`));
  for (let id = 0; id < 200; id++) operations.advance(`o${id}`, "started", { at: 1 });
  found["accepts before"] = state.acceptsWork();
  const filler = Deno.openSync(`${folder}/filler`, { write: true, create: true });
  for (const name of ["read", "write"] as const) {
    Deno.permissions.revokeSync({ name, path: folder });
  }
  fill(filler);
  // The log has room left that it may use.
  let begun = 0;
  let refused = "done";
  while (refused === "done" && begun < 5000) {
    refused = codeOf(() => operations.authorise(operation(`new${begun++}`)));
    fill(filler);
  }
  found["new work"] = refused;
  found["start"] = codeOf(() => operations.advance("o300", "started", { at: 2 }));
  found["accepts"] = state.acceptsWork();
  const finished = Array.from({ length: 150 }, (_, id) =>
    codeOf(() => {
      operations.advance(`o${id}`, "task_running", { at: 3, upid: "UPID:x" });
      fill(filler);
      operations.advance(`o${id}`, "succeeded", { at: 4, detail: { log: "x".repeat(500) } });
      fill(filler);
    }));
  found["finished"] = finished.filter((code) => code === "done").length;
  found["start again"] = codeOf(() => operations.advance("o301", "started", { at: 2 }));
  found["compensation"] = codeOf(() => {
    operations.authorise(operation("back", { origin: "recovery", compensates: "o1" }));
    operations.advance("back", "started", { at: 5, purpose: "finish" });
    operations.advance("back", "failed", { at: 6 });
  });
  found["audit"] = codeOf(() =>
    void state.audit.append({ at: 5, kind: "x", body: {} }, { purpose: "finish" })
  );
} else {
  found["instance"] = state.instance;
  found["kept"] = operations.list({ limit: 10_000 })
    .filter((row) => "id" in row && row.state === "succeeded").length;
  found["accepts"] = state.acceptsWork();
  found["new work"] = codeOf(() => operations.authorise(operation(`${phase}`)));
  found["finish"] = codeOf(() => {
    operations.advance(phase === "again" ? "o160" : "o161", "unknown", { at: 6 });
  });
  found["holds"] = state.audit.verify().holds;
}
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(found)}\n`));
// The second time it goes as if it had been killed.
if (phase !== "again") state[Symbol.dispose]();
