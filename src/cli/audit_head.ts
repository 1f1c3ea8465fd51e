import { auditHead } from "../control/answers.ts";
import { EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { daemonOf } from "./daemon_link.ts";

/** Prints the head of the audit log, for keeping elsewhere; the daemon writes down that it did. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const ask = await daemonOf(invocation);
  const head = await ask({ op: "audit_head" }, auditHead);
  if (options.json) {
    output.writeJson({ version: 1, ...head });
    return EXIT.ok;
  }
  const { seq, hash, at, instance } = head;
  output.write(
    `${seq}:${hash}\n` +
      `The head of the audit log at ${new Date(at).toISOString()}, instance ${instance}.\n` +
      `Keep the first line on another host. Later: felhom-agent audit verify --head ${seq}:${hash}\n`,
  );
  return EXIT.ok;
}
