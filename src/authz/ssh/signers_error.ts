import { FelhomError } from "../../errors.ts";
import { printable } from "../../log/printable.ts";
import type { RefusalReason } from "./refusals.ts";

/** One thing that is wrong with a file of signers. */
export interface SignersProblem {
  /** Counted from 1; 0 when it is the file as a whole. */
  readonly line: number;
  readonly reason: RefusalReason;
  /** What is wrong, as a sentence without its full stop. */
  readonly message: string;
}

/** Everything that is wrong with a file of signers, at once. Its code is `authz.signers_invalid`. */
export class SignersError extends FelhomError {
  override readonly name = "SignersError";
  /** As it was named by the caller. */
  readonly file: string;
  /** At least one. */
  readonly problems: readonly SignersProblem[];

  constructor(file: string, problems: readonly SignersProblem[]) {
    const lines = problems.map(({ line, message }) =>
      `  ${printable(file)}${line === 0 ? "" : `:${line}`}: ${message}`
    );
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      "authz.signers_invalid",
      `Cannot use the signers ${printable(file)}: ${count}\n${lines.join("\n")}`,
      { hint: 'A line reads: PRINCIPAL[,…] namespaces="felhom-op-v1" KEYTYPE KEY [comment]' },
    );
    this.file = file;
    this.problems = problems;
  }
}
