import type { ApiAnswer } from "../seam.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import { emptyReply, type Reply } from "./reply.ts";
import type { RequestHead } from "./request_head.ts";

/** Delay of every answer that the authentication gives (OBSERVED 10). */
const DELAY_MS = 3000;
/** How long the first request after the file system went away waits (`pmxcfs-down-version`). */
const FILE_SYSTEM_DELAY_MS = 20_100;

const FILE_SYSTEM_DOWN: ApiAnswer = {
  status: 500,
  reason:
    "RPCEnvironment init request failed: Unable to load access control list: Connection refused",
  body: undefined,
};

/** The refusal of whoever may not come in at all; undefined for everybody else. */
export async function refuseCredentials(
  context: ExchangeContext,
  head: RequestHead,
): Promise<Reply | undefined> {
  const files = context.clusterFileSystem;
  if (!files.up) {
    const delayMs = files.noticed ? DELAY_MS : FILE_SYSTEM_DELAY_MS;
    files.noticed = true;
    return await answerUnauthenticated(context, FILE_SYSTEM_DOWN, delayMs);
  }
  // Everybody who is somebody may ask for the version.
  const outcome = await context.api.dispatch({
    method: "GET",
    segments: ["version"],
    params: {},
    authorization: head.headers.get("authorization"),
    cookie: head.headers.get("cookie"),
  });
  if ("run" in outcome || !isUnauthenticated(outcome)) return undefined;
  return await answerUnauthenticated(context, outcome);
}

/** Only what fails while authenticating has an empty body and is no gateway error. */
export function isUnauthenticated(answer: ApiAnswer): boolean {
  return answer.body === undefined && (answer.status === 401 || answer.status === 500);
}

/** Such an answer, after its delay: it blocks nobody else. */
export async function answerUnauthenticated(
  context: ExchangeContext,
  answer: ApiAnswer,
  delayMs = DELAY_MS,
): Promise<Reply> {
  await context.clock.sleep(delayMs, context.closing);
  return emptyReply(answer.status, answer.reason);
}
