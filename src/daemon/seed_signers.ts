import { ROLES, signersInForce } from "../authz/mod.ts";
import type { Config } from "../config/mod.ts";
import { type State, textDigest } from "../state/mod.ts";

/**
 * Takes the signers' files over into the state, where they are new or other than before: a rotation
 * names the set it replaces, so each set in force, an empty one too, has a place in the row. After a
 * rotation the role's file counts for nothing.
 *
 * @param at epoch milliseconds
 * @throws {FelhomError} `state.*`
 */
export function seedSigners(
  { signers }: Pick<Config, "signers">,
  state: Pick<State, "signers">,
  at: number,
): void {
  for (const role of ROLES) {
    const { path: file, text } = signers[role];
    const stored = state.signers.current(role);
    const inForce = signersInForce(
      stored === undefined ? undefined : { ...stored, text: stored.content, file },
      { file, text },
    );
    if (inForce.text === stored?.content) continue;
    state.signers.install({
      role,
      sequence: inForce.sequence,
      digest: textDigest(inForce.text),
      previous: stored?.digest ?? null,
      content: inForce.text,
      origin: "file",
      operation: null,
      installedAt: at,
    });
  }
}
