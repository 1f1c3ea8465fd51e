import { FelhomError } from "../../errors.ts";
import { type RefusalReason, REFUSALS } from "./refusals.ts";

const HINTS: Partial<Record<RefusalReason, string>> = {
  namespace: "Sign with: ssh-keygen -Y sign -n NAMESPACE -f KEY FILE",
  crypto: "The signature is of other bytes, or was changed: sign the exact file again.",
  presence: "Sign again and touch the token; a key made with no-touch-required cannot be used.",
  signer_unknown: "Sign with a key of the signers files, or have the key added there.",
};

/** A signature that does not count, and why. Its `code` follows from its `reason`. */
export class SignatureError extends FelhomError {
  override readonly name = "SignatureError";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    const hint = HINTS[reason];
    super(
      REFUSALS[reason].code,
      `Cannot accept the signature: ${message}`,
      hint === undefined ? {} : { hint },
    );
    this.reason = reason;
  }
}
