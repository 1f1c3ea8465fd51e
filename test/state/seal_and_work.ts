/**
 * Opens a state, gives up every right to its folder, and works on. Says as JSON what went well.
 * Argument: folder.
 */
import { DatabaseSync } from "node:sqlite";
import { lockState, openState } from "../../src/state/mod.ts";
import { operation, signed } from "./operation.ts";
import { SMALL_RESERVE } from "./state_folder.ts";

const [folder = ""] = Deno.args;
using lock = lockState(folder);
using state = openState(lock, { now: 1, newInstance: "a", reserve: SMALL_RESERVE });
// A connection as bare as ours, to show what SQL could do here.
using bare = new DatabaseSync(`${folder}/state.db`);
state.closeStatements();
for (const name of ["read", "write"] as const) Deno.permissions.revokeSync({ name, path: folder });

function refusal(work: () => unknown): string {
  try {
    work();
    return "done";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

// Enough to carry the log over more than once.
for (let number = 0; number < 520; number++) {
  const id = `o${number}`;
  state.operations.authorise(
    operation(id, { signed: signed(id, { bytes: new Uint8Array(8000) }) }),
  );
  state.operations.advance(id, "started", { at: 1 });
  state.operations.advance(id, "succeeded", { at: 2 });
  state.audit.append({ at: 2, kind: "x", body: { id } });
}
state.timeMark.raise(10 ** 13);
const pruned = state.prune(10 ** 13);
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({
  open: refusal(() => Deno.openSync(`${folder}/state.db`)),
  attach: refusal(() => bare.exec(`ATTACH '${folder}/other.db' AS other`)),
  "attach elsewhere": refusal(() => bare.exec("ATTACH '/tmp/felhom-other.db' AS other")),
  "vacuum into": refusal(() => bare.exec(`VACUUM INTO '${folder}/copy.db'`)),
  pruned: pruned.operations,
  accepts: state.acceptsWork(),
  holds: state.audit.verify().holds,
})));
