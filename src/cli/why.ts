import { reason } from "../control/answers.ts";
import { EXIT } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { askOrRead } from "./daemon_link.ts";
import { offlineWhy } from "./offline.ts";
import { readVmid } from "./read_vmid.ts";

/** Says in one sentence what a guest waits for. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const vmid = readVmid(options.operand);
  const { value: { why }, from } = await askOrRead(invocation, {
    question: { op: "why", vmid },
    schema: reason,
    read: (state) => ({ why: offlineWhy(state, vmid) }),
  });
  if (options.json) output.writeJson({ version: 1, vmid, why, from });
  else output.write(`${printable(why)}\n`);
  return EXIT.ok;
}
