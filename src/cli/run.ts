import { FelhomError } from "../errors.ts";
/** Placeholder. */
export function run(): never {
  throw new FelhomError("internal.bug", "Not there yet");
}
