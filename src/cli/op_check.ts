import {
  loadVerifiers,
  openOperation,
  splitSubmission,
  type Step,
  stepOf,
  STEPS,
  SUBMISSION_LIMIT,
} from "../authz/mod.ts";
import { loadConfig, systemSources } from "../config/mod.ts";
import { hostFacts } from "../daemon/host_facts.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { readState } from "../state/mod.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { describeOperation } from "./describe_operation.ts";
import { readInput } from "./read_input.ts";
import { renderTable } from "./table.ts";

/** What became of one step. */
interface Outcome {
  readonly step: Step;
  readonly outcome: "holds" | "refused" | "not reached" | "when it runs";
  readonly detail: string;
}

/**
 * Holds a document and its signatures against this host, its guests apart. Nothing is used up: the
 * same may be handed in afterwards.
 */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const stream = await readInput(
    SUBMISSION_LIMIT,
    "cat op.json op.json.sig | felhom-agent op check",
  );
  await loadVerifiersOf(stream);
  const config = await loadConfig(systemSources(clock, options.config));
  const { outcomes, rows, error } = readState(config.state.directory, (state) => {
    try {
      const facts = hostFacts(config, state, clock.now());
      const opened = openOperation(splitSubmission(stream), facts);
      const { document: { nonce }, signedBy } = opened;
      const user = state.nonces.usedBy(nonce);
      if (user !== undefined) {
        throw new FelhomError(
          "authz.replayed",
          `The document with the nonce ${nonce} was used already, by operation ${user}`,
        );
      }
      const signers = signedBy.map(({ principals, keyDigest, role }): string[] => [
        "signed by",
        `${principals.join(", ")} (${role}, ${keyDigest})`,
      ]);
      return {
        outcomes: outcomesOf(undefined),
        rows: [...describeOperation(opened), ...signers],
        error: undefined,
      };
    } catch (error) {
      if (!(error instanceof FelhomError) || stepOf(error.code) === undefined) throw error;
      return { outcomes: outcomesOf(error), rows: [], error };
    }
  });
  if (options.json) {
    const { code, message, hint } = error ?? {};
    const refusal = error === undefined ? null : { code, message, hint };
    output.writeJson({ version: 1, ok: error === undefined, steps: outcomes, refusal });
    return error?.exitCode ?? EXIT.ok;
  }
  output.write(renderTable(
    [{ title: "step" }, { title: "outcome" }, { title: "" }],
    outcomes.map(({ step, outcome, detail }) => [step, outcome, detail]),
    { width: output.width },
  ));
  if (error !== undefined) throw error;
  output.write(`\n${renderTable([{ title: "operation" }, { title: "" }], rows)}`);
  return EXIT.ok;
}

/** What cannot be taken apart needs none; it is told as the outcome of its step. */
async function loadVerifiersOf(stream: Uint8Array): Promise<void> {
  let signatures: readonly string[] = [];
  try {
    signatures = splitSubmission(stream).signatures;
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
  }
  await loadVerifiers(signatures);
}

function outcomesOf(error: FelhomError | undefined): Outcome[] {
  const failed = error === undefined ? undefined : stepOf(error.code);
  const at = failed === undefined ? STEPS.length : STEPS.indexOf(failed);
  return STEPS.map((step, place): Outcome => {
    if (place > at) return { step, outcome: "not reached", detail: "" };
    if (error !== undefined && place === at) {
      return { step, outcome: "refused", detail: error.code };
    }
    return step === "binding"
      ? { step, outcome: "when it runs", detail: "the guest is compared with the document then" }
      : { step, outcome: "holds", detail: "" };
  });
}
