import { acknowledged } from "../control/answers.ts";
import { PLACES } from "../config/places.ts";
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
  else {output.write(
      `Acknowledged. The instance is ${instance} from now on.\n${reseeding(instance)}`,
    );}
  return EXIT.ok;
}

const WHAT =
  "After a doubt about the state, or a clock that is behind, this makes a new instance of the agent " +
  "on this host: signed work is done again, and what was signed before is good for nothing any " +
  "more. Who may sign stays as it is in the state. " +
  "Look first what the node did that the journal does not know: felhom-agent status";

/** What root does where the state's signers are older than they should be. */
function reseeding(instance: string): string {
  return "Who may sign is as it was in the state. Where that is too old, root puts the right keys " +
    "into the files of signers and has them taken over, once. N is the sequence that they get: " +
    "above those that felhom-agent status shows, and above operations.signers_floor\n" +
    `  echo ${instance} N > ${PLACES.configuration}/signers/reseed\n` +
    "  systemctl restart felhom-agent\n" +
    "Then write N into operations.signers_floor, and take the file away.\n";
}
