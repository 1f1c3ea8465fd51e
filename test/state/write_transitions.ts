/**
 * Writes operations through all their states for as long as it lives, and says on stdout what was
 * acknowledged, a line each. Arguments: folder, prefix of the ids.
 */
import { lockState, openState, type OperationState } from "../../src/state/mod.ts";
import { operation, signed } from "./operation.ts";
import { SMALL_RESERVE } from "./state_folder.ts";

const [folder = "", prefix = ""] = Deno.args;
const WAY: readonly OperationState[] = ["started", "task_running", "succeeded"];

const lock = lockState(folder);
const state = openState(lock, { now: 1, newInstance: "a", reserve: SMALL_RESERVE });
const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
say("open");
for (let number = 0;; number++) {
  const id = `${prefix}-${number}`;
  state.transaction(() => {
    state.operations.authorise(operation(id, { signed: signed(`n-${id}`) }));
    state.audit.append({ at: number, kind: "gate.allowed", body: { id } });
  });
  say(`${id} authorised`);
  for (const to of WAY) {
    state.operations.advance(id, to, { at: number });
    say(`${id} ${to}`);
  }
  // The log is carried over now and then, and is cut by that, too.
  if (number % 40 === 39) state.prune(number);
}
