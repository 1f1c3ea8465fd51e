import type { Clock } from "../clock.ts";
import { ConfigError, loadSettings, PLACES, systemSources } from "../config/mod.ts";
import type { AnswerSchema } from "../control/answers.ts";
import { askDaemon } from "../control/client.ts";
import type { ControlQuestion } from "../control/protocol.ts";
import { FelhomError } from "../errors.ts";
import { readState, type StateReader } from "../state/mod.ts";
import type { Invocation } from "./command.ts";

/** Asks the daemon one thing, and reads the answer. */
export type Ask = <T>(question: ControlQuestion, schema: AnswerSchema<T>) => Promise<T>;

/** The daemon of this host, found by the configuration. */
export async function daemonOf({ options, clock }: Invocation): Promise<Ask> {
  const socket = await findSocket(options.config, clock);
  return (question, schema) => askFor(socket, { question, schema, clock });
}

/** What one question needs. */
interface Asked<T> {
  readonly question: ControlQuestion;
  readonly schema: AnswerSchema<T>;
  readonly clock: Clock;
}

/**
 * Asks the daemon on a socket.
 *
 * @throws {FelhomError} `control.unreachable`, `control.forbidden`, `control.protocol`, and what the
 * daemon answers with
 */
export async function askFor<T>(
  socket: string,
  { question, schema, clock }: Asked<T>,
): Promise<T> {
  const { data } = schema.safeParse(await askDaemon(socket, question, { clock }));
  if (data !== undefined) return data;
  throw new FelhomError(
    "control.protocol",
    `The daemon's answer to "${question.op}" is not understood`,
    { hint: "Restart the daemon after an update: systemctl restart felhom-agent." },
  );
}

/**
 * The control socket. Operators may talk to the daemon without being allowed to read its
 * configuration; then it is the usual one.
 */
export async function findSocket(config: string | undefined, clock: Clock): Promise<string> {
  try {
    const { settings } = await loadSettings(systemSources(clock, config));
    return settings.control.socket;
  } catch (error) {
    const mayNot = error instanceof ConfigError &&
      (error.code === "config.unreadable" || error.code === "config.missing");
    if (!mayNot || config !== undefined) throw error;
    return `${PLACES.runtime}/control.sock`;
  }
}

/** Where an answer came from: the daemon, or the state on the disk while none runs. */
export interface Known<T> {
  readonly value: T;
  readonly from: "daemon" | "disk";
}

/**
 * Asks the daemon; when none runs, reads the state and says so on stderr. Who may not use the socket
 * is told that, and gets nothing else.
 */
export async function askOrRead<T>(
  invocation: Invocation,
  { question, schema, read }: Pick<Asked<T>, "question" | "schema"> & {
    readonly read: (state: StateReader) => T;
  },
): Promise<Known<T>> {
  const ask = await daemonOf(invocation);
  try {
    return { value: await ask(question, schema), from: "daemon" };
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code !== "control.unreachable") throw error;
    const { options, clock, output } = invocation;
    const { settings } = await loadSettings(systemSources(clock, options.config));
    const value = readState(settings.state.directory, read);
    output.writeError("The daemon does not run; this is what the state on the disk tells.\n");
    return { value, from: "disk" };
  }
}
