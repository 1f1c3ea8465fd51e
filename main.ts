/** The command line of `felhom-agent`: one command, loaded on demand. */
import { runCommandLine } from "./src/cli/mod.ts";

Deno.exit(await runCommandLine(Deno.args));
