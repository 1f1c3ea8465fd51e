import { planned } from "../control/answers.ts";
import { EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { daemonOf } from "./daemon_link.ts";
import { printableText } from "./printable_text.ts";

/** Shows what would be done now for the desired state in force. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const ask = await daemonOf(invocation);
  const plan = await ask({ op: "plan" }, planned);
  if (options.json) output.writeJson({ version: 1, plan });
  else if (plan === null) output.write("Nothing is desired yet. See: felhom-agent help apply\n");
  else output.write(printableText(plan.plan));
  return EXIT.ok;
}
