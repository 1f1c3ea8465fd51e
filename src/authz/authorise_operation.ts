import { FelhomError } from "../errors.ts";
import { refuse } from "./refuse.ts";
import { isVerified, type VerifiedOperation } from "./verify_operation.ts";

/** What the state keeps of a signed operation. */
export interface SignedRecord {
  /** What was signed, byte for byte. */
  readonly bytes: Uint8Array;
  /** Armored, as they came. */
  readonly signatures: readonly string[];
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What the last step needs of the state. */
export interface OperationJournal {
  /** Runs `work` in one transaction: all of it is durable, or nothing of it has happened. */
  transaction<T>(work: () => T): T;
  /** The operation that used a nonce; `undefined` while nobody has. */
  usedBy(nonce: string): string | undefined;
  /**
   * Records the operation as authorised and its nonce as used.
   *
   * @returns the operation's id
   * @throws when it cannot be recorded, or the nonce is used already
   */
  record(signed: SignedRecord, operation: VerifiedOperation): string;
}

/**
 * The last step of the pipeline: uses the nonce up and records the operation as authorised, both in
 * one transaction. No crash can use up a nonce without a record of it, and of two lanes that come
 * with the same document one is refused.
 *
 * @returns the operation's id
 * @throws {FelhomError} `authz.replayed`, `internal.bug` for what the pipeline did not verify, and
 * what the journal throws
 */
export function authoriseOperation(
  operation: VerifiedOperation,
  journal: OperationJournal,
): string {
  if (!isVerified(operation)) {
    throw new FelhomError("internal.bug", "Cannot authorise an operation that was not verified");
  }
  const { document: { nonce }, submission, expiresAt } = operation;
  return journal.transaction(() => {
    const user = journal.usedBy(nonce);
    if (user !== undefined) {
      refuse(
        "authz.replayed",
        `The document with the nonce ${nonce} was used already, by operation ${user}`,
        "Each operation takes a document of its own: felhom-agent op new",
      );
    }
    const { document: bytes, signatures } = submission;
    return journal.record({ bytes, signatures, nonce, expiresAt }, operation);
  });
}
