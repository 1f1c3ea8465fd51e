import { acknowledged } from "../control/answers.ts";
import { EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { daemonOf } from "./daemon_link.ts";

/** Says what an acknowledgement does; does it with `--yes`. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  if (options.switches?.yes !== true) {
    if (options.json) output.writeJson({ version: 1, done: false, does: WHAT });
    else output.write(`${WHAT}\nTo do it: felhom-agent state ack --yes\n`);
    return EXIT.refused;
  }
  const ask = await daemonOf(invocation);
  const { instance } = await ask({ op: "state_ack" }, acknowledged);
  if (options.json) output.writeJson({ version: 1, done: true, instance });
  else output.write(`Acknowledged. The instance is ${instance} from now on.\n`);
  return EXIT.ok;
}

const WHAT =
  "This makes a new instance of the agent on this host: signed work is done again, what " +
  "was signed before is good for nothing any more, and the signers are those of the files again. " +
  "Look first what the node did that the journal does not know: felhom-agent status";
