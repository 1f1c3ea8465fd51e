/** Reads the instance of a state, or says the error. */
import { FelhomError } from "../../src/errors.ts";
import { readState } from "../../src/state/mod.ts";

function read(folder: string): string {
  try {
    return readState(folder, ({ instances }) => `read ${instances.current().id}`);
  } catch (error) {
    return error instanceof FelhomError ? error.code : String(error);
  }
}

Deno.stdout.writeSync(new TextEncoder().encode(`${read(Deno.args[0] ?? "")}\n`));
