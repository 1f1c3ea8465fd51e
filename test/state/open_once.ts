/** Opens the state of a folder and says its instance and whether it accepts work, or the error. */
import { FelhomError } from "../../src/errors.ts";
import { lockState, openState } from "../../src/state/mod.ts";

function open(folder: string): string {
  try {
    using lock = lockState(folder);
    using state = openState(lock, { now: 1, newInstance: "a" });
    return `${state.instance}: ${state.acceptsWork()}`;
  } catch (error) {
    return error instanceof FelhomError ? error.code : String(error);
  }
}

Deno.stdout.writeSync(new TextEncoder().encode(`${open(Deno.args[0] ?? "")}\n`));
