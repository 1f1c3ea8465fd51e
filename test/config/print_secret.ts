// deno-lint-ignore-file no-console -- the console is what is tested here
/** Sends a secret through every method of the real console, then dies of it. */
import { Secret } from "../../src/config/secret.ts";
import { FelhomError } from "../../src/errors.ts";

const secret = new Secret(Deno.env.get("CANARY") ?? "");
const error = new FelhomError("internal.bug", `uncaught ${secret}`, { cause: { secret } });
const values = [secret, { a: { b: { c: [secret] } } }, error, `${secret}`, [[secret]]];

for (const value of values) {
  console.log(value, "%s %o %O %d %c", value);
  console.debug(value);
  console.info("%o", value);
  console.warn("%s", value);
  console.error("%O", value);
  console.dir(value, { depth: 100, showHidden: true });
  console.table([value]);
  console.trace(value);
  console.assert(false, value);
  console.group(value);
}
throw error;
