import { type HelperErrorCode, phaseOf, Refusal } from "./helper_errors.ts";
import type { Host } from "./host.ts";
import { perform } from "./operations.ts";
import { parseRequest, RequestRefusal } from "./parse_request.ts";
import {
  type Answer,
  LIMITS,
  OPERATIONS,
  PROTOCOL_VERSION,
  type Request,
  toLine,
} from "./protocol.ts";
import { type ByteSource, readRequest } from "./read_request.ts";
import { EXPIRED, type Time } from "./time.ts";

/** How the helper ends. systemd shows it; the caller has the answer. */
export const EXIT = {
  ok: 0,
  /** A program failed, or the state is not what was asked for. */
  failed: 1,
  /** The request, or what it asks for, was refused. */
  refused: 2,
  /** The answer could not be given: the caller was gone, or did not take it. */
  unanswered: 3,
  /** A bug. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One connection: what comes in, what goes out, what the log says. */
export interface Connection {
  readonly input: ByteSource;
  /** Resolves when the whole line is out; rejects when the caller is gone. */
  write(line: string): Promise<void>;
  /** One line for the log. */
  log(line: string): void;
  /** Which peer, as systemd names the instance: `3-1234-998`, the last being its uid. */
  readonly peer: string | null;
}

/** What became of a request. */
interface Outcome {
  readonly request: Request | null;
  readonly answer: Answer;
  readonly exit: ExitCode;
}

/**
 * Serves one connection: one request, one answer, one log line, whatever comes.
 *
 * @returns how the process should end
 */
export async function serve(
  connection: Connection,
  { host, time }: { readonly host: Host; readonly time: Time },
): Promise<ExitCode> {
  const started = time.now();
  const outcome = await answerTo(connection.input, { host, time });
  const delivered = await deliver(connection, outcome.answer, time);
  connection.log(logLine(outcome, {
    peer: connection.peer,
    ms: Math.round(time.now() - started),
    delivered,
  }));
  return delivered ? outcome.exit : EXIT.unanswered;
}

async function answerTo(
  input: ByteSource,
  { host, time }: { readonly host: Host; readonly time: Time },
): Promise<Outcome> {
  let request: Request | null = null;
  try {
    request = parseRequest(await readRequest(input, time));
    const result = await withLimit(request, { host, time });
    const answer = { v: PROTOCOL_VERSION, id: request.id, ok: true, result } as const;
    if (toLine(answer).length > LIMITS.answerBytes) {
      throw new Refusal("program_garbage", `The answer has more than ${LIMITS.answerBytes} bytes`);
    }
    return { request, answer, exit: EXIT.ok };
  } catch (error) {
    const id = request?.id ?? (error instanceof RequestRefusal ? error.id : null);
    return { request, ...failure(error, id) };
  }
}

/** The limit of the whole operation, above those of its programs: it answers even if they do not. */
async function withLimit(
  request: Request,
  { host, time }: { readonly host: Host; readonly time: Time },
): Promise<Record<string, unknown>> {
  const { limitMs, mutates } = OPERATIONS[request.op];
  const result = await time.within(perform(request, host), limitMs);
  if (result !== EXPIRED) return result;
  throw new Refusal("time_limit", `${request.op} did not end within ${limitMs} ms`, {
    changed: mutates ? "maybe" : "no",
  });
}

function failure(
  error: unknown,
  id: string | null,
): { readonly answer: Answer; readonly exit: ExitCode } {
  const refusal = error instanceof Refusal ? error : new Refusal(
    "internal",
    `The helper failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 400),
    { changed: "maybe" },
  );
  const { code, message, changed } = refusal;
  return {
    answer: { v: PROTOCOL_VERSION, id, ok: false, error: { code, message, changed } },
    exit: exitFor(code),
  };
}

function exitFor(code: HelperErrorCode): ExitCode {
  if (code === "internal") return EXIT.internal;
  return phaseOf(code) === "run" ? EXIT.failed : EXIT.refused;
}

/** Gives the answer out; false when the caller is gone or does not take it. */
async function deliver({ write }: Connection, answer: Answer, time: Time): Promise<boolean> {
  const written = write(toLine(answer)).then(() => true, () => false);
  return await time.within(written, LIMITS.answerMs) === true;
}

function logLine(
  { request, answer }: Outcome,
  { peer, ms, delivered }: {
    readonly peer: string | null;
    readonly ms: number;
    readonly delivered: boolean;
  },
): string {
  return toLine({
    level: answer.ok ? "info" : "warn",
    component: "helper",
    op: request?.op ?? null,
    id: answer.id,
    operation: request?.operation ?? null,
    params: request?.params ?? null,
    outcome: answer.ok ? "ok" : answer.error.code,
    ...(answer.ok ? {} : { message: answer.error.message, changed: answer.error.changed }),
    ...(delivered ? {} : { delivered }),
    peer,
    ms,
  });
}
