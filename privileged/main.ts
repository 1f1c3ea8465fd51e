/**
 * `felhom-privileged`: serves one request on stdin and stdout, and ends. systemd starts one for each
 * connection to `/run/felhom-privileged/helper.sock`.
 *
 * Needs `--allow-run` for the programs of the permission set `privileged`, and nothing else.
 */
import * as z from "zod";
import { disarm } from "./disarm.ts";
import { parseOptions } from "./options.ts";
import { Programs } from "./programs.ts";
import { programRunner } from "./run_program.ts";
import { EXIT, serve } from "./serve.ts";
import { renderSudoers } from "./sudoers.ts";
import { systemTime } from "./time.ts";

/** For one request, compiling a schema costs more than interpreting it. */
z.config({ jitless: true });

async function main(): Promise<number> {
  const { direct, peer, vmids, sudoers } = parseOptions(Deno.args);
  if (sudoers) {
    await writeAll(renderSudoers(vmids));
    return EXIT.ok;
  }
  return await serve({
    input: Deno.stdin,
    write: writeAll,
    log: (line) => void Deno.stderr.writeSync(new TextEncoder().encode(line)),
    peer,
  }, {
    host: { programs: new Programs(programRunner(systemTime), direct ? "direct" : "sudo"), vmids },
    time: systemTime,
  });
}

async function writeAll(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

disarm();
try {
  Deno.exit(await main());
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  Deno.stderr.writeSync(new TextEncoder().encode(`felhom-privileged: ${message}\n`));
  Deno.exit(EXIT.internal);
}
