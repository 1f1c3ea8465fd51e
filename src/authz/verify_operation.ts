import { type Action, canonicalAction } from "../action/mod.ts";
import {
  type HostFacts,
  type OpenedOperation,
  openOperation,
  type SignedBy,
} from "./open_operation.ts";
import type { OperationDocument } from "./operation_document.ts";
import { refuse } from "./refuse.ts";
import type { Submission } from "./submission.ts";

/** Whom an action hits, as the host shows it at this moment. */
export interface LiveTarget {
  /** Null for the host. */
  readonly guest: number | null;
  /** The guest's name; null while there is no such guest. */
  readonly name: string | null;
  /** The digest of what of it cannot be renamed; null while there is nothing to tell it by. */
  readonly identity: string | null;
}

/** The exact action at hand, and whom it would hit. */
export interface GatedAction {
  readonly action: Action;
  readonly target: LiveTarget;
}

/** What an operator signed for, verified against one exact action. Only this module makes one. */
export interface VerifiedOperation {
  readonly document: OperationDocument;
  readonly action: Action;
  readonly signedBy: readonly SignedBy[];
  /** The bytes and signatures to keep, so that they can be verified again. */
  readonly submission: Submission;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const genuine = new WeakSet<VerifiedOperation>();

/** Whether an operation came out of the pipeline, and was not put together by somebody else. */
export function isVerified(operation: VerifiedOperation): boolean {
  return genuine.has(operation);
}

/**
 * The whole pipeline but its last step, which is {@linkcode authoriseOperation}: takes a submission
 * and the one action it is wanted for. Pure.
 *
 * @throws {FelhomError} `authz.*`, by the first step that does not hold (see {@linkcode stepOf})
 */
export function verifyOperation(
  submission: Submission,
  facts: HostFacts,
  gated: GatedAction,
): VerifiedOperation {
  return bindOperation(openOperation(submission, facts), gated);
}

/**
 * Holds an opened document against the action that the gate is asked for. This comes after
 * everything else was found good, so it is told apart from a forgery; and before the nonce, so that
 * a mismatch does not use up what the operator signed.
 *
 * @throws {FelhomError} `authz.wrong_operation`, `authz.wrong_guest`, `authz.wrong_name`,
 * `authz.wrong_identity`, `authz.wrong_params`
 */
export function bindOperation(opened: OpenedOperation, gated: GatedAction): VerifiedOperation {
  const { document, action, signedBy, submission, expiresAt } = opened;
  const { action: asked, target } = gated;
  if (action.kind !== asked.kind) {
    refuse("authz.wrong_operation", `Signed is ${action.kind}, at hand is ${asked.kind}`);
  }
  const stranger = [asked.guest, target.guest].find((guest) => guest !== action.guest);
  if (stranger !== undefined) {
    refuse("authz.wrong_guest", `Signed is guest ${action.guest}, at hand is guest ${stranger}`);
  }
  const { name, identity } = document;
  if (name !== undefined && name !== target.name) {
    refuse(
      "authz.wrong_name",
      `Signed is guest ${action.guest} named "${name}"; ` +
        (target.name === null ? "there is no such guest" : `its name is "${target.name}"`),
      "Look which guest it is, then make the document anew: felhom-agent op new",
    );
  }
  if (identity !== undefined && identity !== target.identity) {
    refuse(
      "authz.wrong_identity",
      `Guest ${action.guest} is not the one that was signed for: its volumes, interfaces or ` +
        `creation are others (signed ${identity}, found ${target.identity})`,
      "Look which guest it is, then make the document anew: felhom-agent op new",
    );
  }
  if (canonicalAction(action) !== canonicalAction(asked)) {
    refuse(
      "authz.wrong_params",
      `Signed are other parameters of ${action.kind} than those at hand`,
    );
  }
  const operation = Object.freeze({
    document: Object.freeze(document),
    action,
    signedBy: Object.freeze(signedBy),
    submission: { document: submission.document.slice(), signatures: [...submission.signatures] },
    expiresAt,
  });
  genuine.add(operation);
  return operation;
}
