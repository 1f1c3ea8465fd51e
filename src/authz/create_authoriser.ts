import { FelhomError } from "../errors.ts";
import { authoriseOperation, type OperationJournal } from "./authorise_operation.ts";
import type { HostFacts } from "./open_operation.ts";
import { recheckOperation } from "./recheck_operation.ts";
import type { Submission } from "./submission.ts";
import { type GatedAction, type VerifiedOperation, verifyOperation } from "./verify_operation.ts";

/** What the gate is told of a document that holds. */
export interface Authorisation {
  /** Id of the operation in the journal. */
  readonly operation: string;
  readonly nonce: string;
  /** Digests of the keys that signed, `SHA256:…`. */
  readonly keys: readonly string[];
}

/** The pipeline as the gate sees it. */
export interface Authoriser {
  /**
   * Verifies a submission for one exact action, and records the operation as authorised in the
   * transaction that uses up its nonce.
   *
   * @throws {FelhomError} `authz.*`, and what the journal throws
   */
  authorise(submission: Submission, gated: GatedAction): Authorisation;
  /**
   * Verifies an authorised operation again, from its stored bytes, the nonce apart.
   *
   * @throws {FelhomError} `authz.*`; `authz.unsigned` when nothing is stored for it
   */
  recheck(operation: string, gated: GatedAction): Authorisation;
}

/** What the pipeline is fed by. */
export interface AuthoriserPorts {
  /** The facts of this moment, read anew for each document. */
  readonly facts: () => HostFacts;
  readonly journal: OperationJournal & {
    /** What was signed for an operation; `undefined` when nothing was. */
    stored(operation: string): Submission | undefined;
  };
}

/** Joins the pure pipeline with what it is fed by. */
export function createAuthoriser({ facts, journal }: AuthoriserPorts): Authoriser {
  return {
    authorise(submission, gated) {
      const verified = verifyOperation(submission, facts(), gated);
      return authorisationOf(verified, authoriseOperation(verified, journal));
    },
    recheck(operation, gated) {
      const stored = journal.stored(operation);
      if (stored === undefined) {
        throw new FelhomError("authz.unsigned", `Nothing was signed for operation "${operation}"`);
      }
      return authorisationOf(recheckOperation(stored, facts(), gated), operation);
    },
  };
}

function authorisationOf(
  { document: { nonce }, signedBy }: VerifiedOperation,
  operation: string,
): Authorisation {
  return { operation, nonce, keys: signedBy.map(({ keyDigest }) => keyDigest) };
}
