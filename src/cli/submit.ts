import { parseDocument, splitSubmission, type Submission, SUBMISSION_LIMIT } from "../authz/mod.ts";
import { taken } from "../control/answers.ts";
import { FelhomError } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { daemonOf } from "./daemon_link.ts";
import { readInput } from "./read_input.ts";
import { reportTaken } from "./report_taken.ts";

/** Hands in a document and its signatures; what is no document is refused before anybody is asked. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const stream = await readInput(
    SUBMISSION_LIMIT,
    "cat op.json op.json.sig | felhom-agent submit -",
  );
  const { document, signatures } = submissionOf(stream);
  parseDocument(document);
  const ask = await daemonOf(invocation);
  const answer = await ask(
    // It is UTF-8, or else it would have been refused; so these are the same bytes over there.
    { op: "submit", document: new TextDecoder().decode(document), signatures: [...signatures] },
    taken,
  );
  return await reportTaken(answer, ask, invocation);
}

/** A document alone is a wish. */
function submissionOf(stream: Uint8Array): Submission {
  try {
    return splitSubmission(stream);
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code !== "authz.unsigned") throw error;
    return { document: stream, signatures: [] };
  }
}
