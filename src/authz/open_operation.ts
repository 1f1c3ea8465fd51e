import type { Action } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";
import { checkRotation } from "./check_rotation.ts";
import { lifetimeOf } from "./lifetime.ts";
import { NAMESPACE, type OperationDocument } from "./operation_document.ts";
import { checkDocumentSize, type ParsedDocument, parseDocument } from "./parse_document.ts";
import { refuse } from "./refuse.ts";
import { type Role, ROLES, rolesFor } from "./role.ts";
import type { SignerSets } from "./signer_set.ts";
import { SignatureError, type Signer, verifySshsig } from "./ssh/mod.ts";
import { MOST_SIGNATURES, type Submission } from "./submission.ts";
import { countSigners, thresholdOf, type Thresholds } from "./thresholds.ts";
import { isClockBehind } from "./time_mark.ts";

/** All that a document is held against, guests apart. */
export interface HostFacts {
  /** The node's name in Proxmox, as configured. */
  readonly host: string;
  /** The id of the state. */
  readonly instance: string;
  /** Whether the node knows newer tasks of ours than the state does. */
  readonly stateBehind: boolean;
  /** The wall clock, epoch milliseconds. */
  readonly now: number;
  /** The latest time that is certain to have been, epoch milliseconds. */
  readonly timeMark: number;
  /** The longest time from `not_before` to `expires` that is accepted, milliseconds. */
  readonly longestLifetime: number;
  /** The same for what loses data, milliseconds; of the two, the shorter counts there. */
  readonly longestLifetimeDataLoss: number;
  readonly signers: SignerSets;
  /** The lowest sequence of each role's signers that anything signed is believed with. */
  readonly signersFloor: Readonly<Record<Role, number>>;
  /** Digests (`SHA256:…`) of keys that no rotation may bring in; in `signers` they are left out. */
  readonly revokedKeys: ReadonlySet<string>;
  readonly thresholds: Thresholds;
}

/** Somebody who signed. */
export interface SignedBy {
  readonly role: Role;
  readonly principals: readonly string[];
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly keyDigest: string;
}

/** A document that was signed well and is for here and now; which guest it meets is not known yet. */
export interface OpenedOperation extends ParsedDocument {
  /** Whose signatures count. */
  readonly signedBy: readonly SignedBy[];
  readonly submission: Submission;
}

/**
 * All steps of the pipeline that need no guest, in their order: size, namespace, allow-list,
 * signature, document, host and instance, time, role and threshold. Pure.
 *
 * @throws {FelhomError} `authz.*`, by the first step that does not hold (see {@linkcode stepOf})
 */
export function openOperation(submission: Submission, facts: HostFacts): OpenedOperation {
  checkSizes(submission);
  const { signers, strangers } = verifyAll(submission, facts);
  const parsed = parseDocument(submission.document);
  const { document, action } = parsed;
  // Only a rotation may be signed by keys that are not in force: those that it brings in.
  const [stranger] = strangers;
  if (stranger !== undefined && action.kind !== "signers.rotate") throw stranger.error;
  checkPlace(document, facts);
  checkTime(parsed, facts);
  checkSigners(action, signers, facts);
  if (action.kind === "signers.rotate") {
    const signatures = strangers.map(({ signature }) => signature);
    checkRotation(action, { document: submission.document, signatures }, facts);
  }
  const signedBy = signers.map(({ role, principals, keyDigest }) => ({
    role,
    principals,
    keyDigest,
  }));
  return { ...parsed, signedBy, submission };
}

/**
 * The keys in force whose signatures of a document hold, as their digests in order, whatever the
 * document says; none when any signature does not hold. Pure.
 */
export function goodKeys(submission: Submission, facts: HostFacts): readonly string[] {
  try {
    checkSizes(submission);
    const { signers } = verifyAll(submission, facts);
    return [...new Set(signers.map(({ keyDigest }) => keyDigest))].sort();
  } catch (error) {
    if (error instanceof FelhomError) return [];
    throw error;
  }
}

function checkSizes({ document, signatures }: Submission): void {
  checkDocumentSize(document);
  if (signatures.length === 0) {
    refuse("authz.unsigned", "The document comes without a signature");
  }
  if (signatures.length > MOST_SIGNATURES) {
    refuse(
      "authz.too_large",
      `The document comes with ${signatures.length} signatures; at most ${MOST_SIGNATURES} are read`,
    );
  }
}

/** A good signature or a stranger's; anything else ends it. */
interface Verified {
  readonly signers: readonly Signer[];
  readonly strangers: readonly { readonly signature: string; readonly error: SignatureError }[];
}

/** At least one has to be of a signer in force: before that, nothing of the document is looked at. */
function verifyAll({ document, signatures }: Submission, facts: HostFacts): Verified {
  const signers: Signer[] = [];
  const strangers: { signature: string; error: SignatureError }[] = [];
  for (const signature of signatures) {
    const signer = verifyOne(document, signature, facts);
    if (signer instanceof SignatureError) strangers.push({ signature, error: signer });
    else signers.push(signer);
  }
  checkFloor(facts);
  const [stranger] = strangers;
  if (signers.length === 0 && stranger !== undefined) throw stranger.error;
  return { signers, strangers };
}

/** Who may sign is known too badly to say that somebody may not. */
function checkFloor({ signers, signersFloor }: HostFacts): void {
  for (const role of ROLES) {
    const { sequence } = signers[role];
    if (sequence >= signersFloor[role]) continue;
    refuse(
      "authz.signers_behind",
      `The state has set ${sequence} of the ${role} signers, and ` +
        `operations.signers_floor.${role} says that set ${signersFloor[role]} was in force`,
      "The state is older than root's configuration. Put the right keys into the signers' files, " +
        "have them taken over by signers/reseed (see README), and look what was done since.",
    );
  }
}

/** @returns the signer, or the error that says that it is nobody of any role */
function verifyOne(
  document: Uint8Array,
  signature: string,
  facts: HostFacts,
): Signer | SignatureError {
  const verify = (role: Role) =>
    verifySshsig(document, signature, {
      namespace: NAMESPACE,
      signers: facts.signers[role].signers,
      at: facts.now,
    });
  try {
    return verify("operational");
  } catch (error) {
    if (!isUnknown(error)) throw error;
  }
  try {
    return verify("recovery");
  } catch (error) {
    if (isUnknown(error)) return error;
    throw error;
  }
}

function isUnknown(error: unknown): error is SignatureError {
  return error instanceof SignatureError && error.reason === "signer_unknown";
}

function checkPlace({ host, instance }: OperationDocument, facts: HostFacts): void {
  if (host !== facts.host) {
    refuse("authz.wrong_host", `The document is for the host "${host}"; this is "${facts.host}"`);
  }
  if (instance !== facts.instance) {
    refuse(
      "authz.wrong_instance",
      `The document is for the instance ${instance}; this is ${facts.instance}`,
      "Make the document anew on this host: felhom-agent op new",
    );
  }
  if (!facts.stateBehind) return;
  refuse(
    "authz.state_behind",
    "The state is older than the host, as after it was restored from a backup",
    "Look at what was done since, then begin a new instance: felhom-agent state ack. " +
      "Documents are to be made anew as well.",
  );
}

function checkTime(
  { action, document: { not_before, expires }, notBefore: from, expiresAt: until }: ParsedDocument,
  facts: HostFacts,
): void {
  const { now, timeMark } = facts;
  if (isClockBehind(now, timeMark)) {
    refuse(
      "authz.clock_behind",
      `The clock says ${new Date(now).toISOString()}, and ${
        new Date(timeMark).toISOString()
      } has been`,
      "Set the clock right: timedatectl. If the later time is the wrong one: felhom-agent state ack",
    );
  }
  const longestLifetime = lifetimeOf(action, facts);
  if (!(until - from <= longestLifetime)) {
    refuse(
      "authz.lifetime_too_long",
      `The document is valid for ${(until - from) / 60_000} minutes; ` +
        `at most ${longestLifetime / 60_000} are accepted`,
    );
  }
  if (!(now >= from)) {
    refuse("authz.not_yet_valid", `The document is valid from ${not_before} on`);
  }
  if (!(now < until)) {
    refuse(
      "authz.expired",
      `The document was valid until ${expires}`,
      "Make and sign it anew: felhom-agent op new",
    );
  }
}

function checkSigners(action: Action, signers: readonly Signer[], facts: HostFacts): void {
  const roles = rolesFor(action);
  const wrong = signers.find(({ role }) => !roles.includes(role));
  if (wrong !== undefined) {
    refuse(
      "authz.wrong_role",
      `The key ${wrong.keyDigest} of ${
        wrong.principals.join(", ")
      } is of the role ${wrong.role}; ` +
        `this takes ${roles.join(" or ")}`,
    );
  }
  const seen = new Set<string>();
  for (const { keyDigest } of signers) {
    if (seen.has(keyDigest)) {
      refuse("authz.same_key_twice", `The key ${keyDigest} signed the document twice`);
    }
    seen.add(keyDigest);
  }
  const needed = thresholdOf(action, facts.thresholds);
  // Roles do not add up: one of them has to be enough by itself.
  const count = Math.max(
    ...roles.map((role) => countSigners(signers.filter((signer) => signer.role === role))),
  );
  if (count >= needed) return;
  refuse(
    "authz.below_threshold",
    `The document is signed by ${count} of the ${needed} that it takes, each with a key of their own`,
    "Have others sign the same file, and give all signatures together.",
  );
}
