/** Writes three transitions and says "next" on stdout after each. Argument: folder. */
import { lockState, openState, type OperationState } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";
import { SMALL_RESERVE } from "./state_folder.ts";

const [folder = ""] = Deno.args;
using lock = lockState(folder);
using state = openState(lock, { now: 1, newInstance: "a", reserve: SMALL_RESERVE });
const say = () => void Deno.stdout.writeSync(new TextEncoder().encode("acknowledged\n"));
const way: OperationState[] = ["started", "task_running", "succeeded"];
state.operations.authorise(operation("a"));
say();
for (const to of way) {
  state.operations.advance("a", to, { at: 1 });
  say();
}
