import { parseDocument, splitSubmission, SUBMISSION_LIMIT } from "../authz/mod.ts";
import { EXIT, FelhomError } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { describeOperation } from "./describe_operation.ts";
import { readInput } from "./read_input.ts";
import { renderTable } from "./table.ts";

/** Says what a document will do. Signatures after it are not looked at, and neither is the host. */
export async function run({ options, output }: Invocation): Promise<ExitCode> {
  const stream = await readInput(SUBMISSION_LIMIT, "felhom-agent op show < op.json");
  const parsed = parseDocument(documentOf(stream));
  if (options.json) {
    output.writeJson({ version: 1, document: parsed.document, action: parsed.action });
    return EXIT.ok;
  }
  output.write(renderTable([{ title: "operation" }, { title: "" }], describeOperation(parsed)));
  return EXIT.ok;
}

function documentOf(stream: Uint8Array): Uint8Array {
  try {
    return splitSubmission(stream).document;
  } catch (error) {
    if (error instanceof FelhomError && error.code === "authz.unsigned") return stream;
    throw error;
  }
}
