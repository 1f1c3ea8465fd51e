/**
 * Operations that operators sign: the document, who may sign what, and the pipeline from a file and
 * its signatures to a verified operation. Everything here checks; nothing here can sign.
 */
export { draftDocument, type DraftOptions } from "./draft_document.ts";
export {
  authoriseOperation,
  type OperationJournal,
  type SignedRecord,
} from "./authorise_operation.ts";
export {
  goodKeys,
  type HostFacts,
  type OpenedOperation,
  openOperation,
  type SignedBy,
} from "./open_operation.ts";
export { instanceId } from "./instance_id.ts";
export { lifetimeOf, type Lifetimes } from "./lifetime.ts";
export { makeNonce } from "./nonce.ts";
export {
  DOCUMENT_LIMIT,
  DOCUMENT_VERSION,
  kindOfOperation,
  NAMESPACE,
  type OperationDocument,
  OPERATIONS,
  type Target,
  targetOf,
} from "./operation_document.ts";
export { type ParsedDocument, parseDocument } from "./parse_document.ts";
export { redateDocument } from "./redate_document.ts";
export { recheckOperation } from "./recheck_operation.ts";
export { loadVerifiers } from "./ssh/mod.ts";
export {
  type BarredKeys,
  isSignersFault,
  type PastSigners,
  type Removal,
  removedKeys,
} from "./removed_keys.ts";
export { renderDocument } from "./render_document.ts";
export { type Role, ROLES, rolesFor } from "./role.ts";
export { readReseedWish, type Reseed } from "./seeding.ts";
export {
  type InForce,
  readInForce,
  readSignerSets,
  type SignerSet,
  type SignerSets,
  signersInForce,
  type SignerText,
  type StoredSigners,
} from "./signer_set.ts";
export {
  type KnownTasks,
  type LostCall,
  type OwnTask,
  type StrangeTasks,
  strangeTasks,
} from "./state_age.ts";
export { type AuthzCode, type Step, stepOf, STEPS } from "./step.ts";
export {
  MOST_SIGNATURES,
  splitSubmission,
  type Submission,
  SUBMISSION_LIMIT,
} from "./submission.ts";
export {
  type Counted,
  countSigners,
  highestThreshold,
  thresholdOf,
  type Thresholds,
} from "./thresholds.ts";
export {
  isClockBehind,
  nonceHorizon,
  observeTime,
  type SteadySince,
  type TimeSample,
  type TimeWatch,
  TOLERANCE_MS,
} from "./time_mark.ts";
export { formatUtcSeconds, parseUtcSeconds } from "./utc_seconds.ts";
export {
  bindOperation,
  type GatedAction,
  isVerified,
  type LiveTarget,
  type VerifiedOperation,
  verifyOperation,
} from "./verify_operation.ts";
