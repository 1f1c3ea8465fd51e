import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is in use once nothing is left over, bytes: V8's own collection is forced. */
export function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Deno.memoryUsage().heapUsed;
}
