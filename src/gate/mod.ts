/** Whether something may be done, and the permit to do it. */
export {
  type AuditRecord,
  type Authorisation,
  type Door,
  isIrreversible,
  type Said,
} from "./audit_record.ts";
export {
  CPUUNITS,
  LEAST_CPULIMIT,
  LONGEST_STARTUP_DELAY,
  outOfFixedBounds,
  promisedMemory,
  startupDelaysOf,
} from "./bounds.ts";
export type { Deed, Reservation } from "./capacity_facts.ts";
export { classify } from "./classify.ts";
export { decide, type DecideOptions } from "./decide.ts";
export type { BenignGround, Decision, Refusal, Risk, Verdict } from "./decision.ts";
export { BENIGN_GROUNDS, isRefusal, REFUSALS } from "./decision.ts";
export type {
  ConfigFacts,
  Facts,
  GuestFacts,
  History,
  Place,
  RollbackFacts,
  Room,
  SignedWork,
  Since,
  SnapshotFacts,
  StorageFacts,
  TasksSince,
  VmidRange,
} from "./facts.ts";
export { type Answer, Gate, type GateOptions, type Permit, redeem } from "./gate.ts";
export {
  type Identity,
  identityDigest,
  type IdentityParts,
  isLinkDown,
  readIdentity,
  sameParts,
} from "./identity.ts";
export { type Budget, type Overcommit, POLICY, type Policy } from "./policy.ts";
export { daily } from "./quota.ts";
export { gib, provisionedOf, type ReservationLimit, reservationLimit } from "./reservations.ts";
export { type GuestMark, type SnapshotMark, UNSIGNED_LIFE } from "./marks.ts";
export type {
  Alarm,
  AuditLog,
  PendingOperations,
  Ports,
  SignedOperations,
  SigningFacts,
  Wish,
} from "./ports.ts";
export { liveIdentity, liveIdentityDigest } from "./provenance.ts";
export { isManaged } from "./reach.ts";
export type {
  AllowLists,
  InterfaceFacts,
  MacFacts,
  MacHolder,
  MemoryFacts,
  Peak,
  StartupDelays,
  StartupFacts,
} from "./resources.ts";
export { macsToStart } from "./same_mac.ts";
export { type Binding, liveTarget } from "./target.ts";
