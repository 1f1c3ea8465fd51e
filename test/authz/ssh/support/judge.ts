import {
  parseAllowedSigners,
  type RefusalReason,
  SignatureError,
  type Signer,
  SignersError,
  verifySshsig,
} from "../../../../src/authz/ssh/mod.ts";
import type { Question } from "./ssh_keygen.ts";

/** What the agent makes of a signature. */
export type Judgement =
  | { readonly accepted: Signer }
  | {
    readonly refused: readonly RefusalReason[];
    /** Lines of the signers file that are refused; none when the signature is. */
    readonly lines: readonly number[];
  };

/** Asks the agent. Throws what is not one of its own errors. */
export function judge(question: Omit<Question, "principal">): Judgement {
  const { message, armored, namespace, at } = question;
  try {
    const signers = parseAllowedSigners(question.signers, { file: "signers", role: "operational" });
    const accepted = verifySshsig(message, armored, { namespace, signers, at: at * 1000 });
    return { accepted };
  } catch (error) {
    if (error instanceof SignatureError) return { refused: [error.reason], lines: [] };
    if (error instanceof SignersError) {
      return {
        refused: error.problems.map(({ reason }) => reason),
        lines: error.problems.map(({ line }) => line),
      };
    }
    throw error;
  }
}
