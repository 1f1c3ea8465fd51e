/**
 * Signatures of operators: SSHSIG, as `ssh-keygen -Y sign` makes them, and the files that say who
 * may sign. This folder can check signatures and can make none.
 */
export {
  type AllowedSigners,
  assertDisjointSigners,
  parseAllowedSigners,
  type ParseAllowedSignersOptions,
  type Signer,
  type SignerRole,
} from "./allowed_signers.ts";
export { ARMOR_BEGIN, ARMOR_END, ARMOR_LIMIT } from "./armor.ts";
export { loadVerifiers } from "./load_verifiers.ts";
export { keysIn } from "./keys_in.ts";
export { KEY_TYPES, type KeyType } from "./key_type.ts";
export { type RefusalReason, REFUSALS, stricterThanOpenSsh } from "./refusals.ts";
export { SignatureError } from "./signature_error.ts";
export { SignersError, type SignersProblem } from "./signers_error.ts";
export { verifySshsig, type VerifySshsigOptions } from "./verify_sshsig.ts";
