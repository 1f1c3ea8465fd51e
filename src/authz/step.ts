import type { ErrorCode } from "../errors.ts";

/** The steps of the pipeline, in their order. None is taken before all those above it have held. */
export const STEPS = [
  "size",
  "namespace",
  "allow-list",
  "signature",
  "document",
  "host and instance",
  "time",
  "role and threshold",
  "binding",
  "nonce",
] as const;

/** One step of the pipeline. */
export type Step = (typeof STEPS)[number];

/** A code that the pipeline refuses with. */
export type AuthzCode = Extract<ErrorCode, `authz.${string}`>;

/** Which step refuses with a code; none for what is no matter of a document. */
const STEP_OF = {
  "authz.too_large": "size",
  "authz.unsigned": "size",
  "authz.signature_too_large": "size",
  "authz.signature_malformed": "namespace",
  "authz.signature_unsupported": "namespace",
  "authz.signature_namespace": "namespace",
  "authz.signer_unknown": "allow-list",
  "authz.signers_behind": "allow-list",
  "authz.signer_namespace": "allow-list",
  "authz.signer_not_yet_valid": "allow-list",
  "authz.signer_expired": "allow-list",
  "authz.presence_missing": "signature",
  "authz.signature_invalid": "signature",
  "authz.signers_invalid": undefined,
  "authz.key_barred": undefined,
  "authz.wrong_encoding": "document",
  "authz.hidden_characters": "document",
  "authz.too_deep": "document",
  "authz.not_json": "document",
  "authz.unknown_version": "document",
  "authz.unknown_operation": "document",
  "authz.unknown_key": "document",
  "authz.malformed": "document",
  "authz.other_rendering": "document",
  "authz.wrong_host": "host and instance",
  "authz.wrong_instance": "host and instance",
  "authz.state_behind": "host and instance",
  "authz.clock_behind": "time",
  "authz.lifetime_too_long": "time",
  "authz.not_yet_valid": "time",
  "authz.expired": "time",
  "authz.wrong_role": "role and threshold",
  "authz.same_key_twice": "role and threshold",
  "authz.below_threshold": "role and threshold",
  "authz.rotation_stale": "role and threshold",
  "authz.rotation_unproven": "role and threshold",
  "authz.rotation_unusable": "role and threshold",
  "authz.wrong_operation": "binding",
  "authz.wrong_guest": "binding",
  "authz.wrong_name": "binding",
  "authz.wrong_identity": "binding",
  "authz.wrong_params": "binding",
  "authz.replayed": "nonce",
} as const satisfies Record<AuthzCode, Step | undefined>;

/** The step that refuses with a code; `undefined` for what is no refusal of the pipeline. */
export function stepOf(code: ErrorCode): Step | undefined {
  return isAuthzCode(code) ? STEP_OF[code] : undefined;
}

function isAuthzCode(code: ErrorCode): code is AuthzCode {
  return Object.hasOwn(STEP_OF, code);
}
