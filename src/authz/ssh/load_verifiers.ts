import { loadMlDsa } from "./ml_dsa.ts";
import { Refusal } from "./refusals.ts";
import { parseSignature } from "./signature.ts";
import { WireReader } from "./wire.ts";

/**
 * Loads what {@linkcode verifySshsig} needs for these signatures and is not loaded at the start. It
 * looks at the key type that each one names and judges nothing: what cannot be read needs nothing.
 * Without it, a signature of such a key is an `internal.bug`, and never accepted.
 *
 * @param signatures armored
 */
export async function loadVerifiers(signatures: readonly string[]): Promise<void> {
  if (signatures.some((armored) => typeOf(armored) === "ssh-mldsa44-ed25519@openssh.com")) {
    await loadMlDsa();
  }
}

function typeOf(armored: string): string | undefined {
  try {
    return new WireReader(parseSignature(armored).keyBlob).text();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
