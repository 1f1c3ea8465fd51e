import type { ActionOf } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";
import { NAMESPACE } from "./operation_document.ts";
import { refuseBarred } from "./removed_keys.ts";
import { refuse } from "./refuse.ts";
import type { SignerSets } from "./signer_set.ts";
import {
  type AllowedSigners,
  assertDisjointSigners,
  parseAllowedSigners,
  type Signer,
  verifySshsig,
} from "./ssh/mod.ts";
import type { Submission } from "./submission.ts";
import { countSigners, highestThreshold, type Thresholds } from "./thresholds.ts";

/** What a rotation is held against. */
export interface RotationFacts {
  readonly signers: SignerSets;
  readonly thresholds: Thresholds;
  readonly revokedKeys: ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Holds a rotation against the signers in force. It names the set it replaces by sequence and
 * digest, so that of two rotations made at the same time only one holds; what it brings in can be
 * used (enough keys and people for the highest threshold, none of them in the other role); and every
 * new key has signed the document too, so that nobody is brought in by a slip of the pen.
 *
 * @param newcomers the submission, with those signatures only whose keys are not in force
 * @throws {FelhomError} `authz.rotation_stale`, `authz.rotation_unusable`, `authz.rotation_unproven`,
 * and those of {@linkcode verifySshsig}
 */
export function checkRotation(
  { params }: ActionOf<"signers.rotate">,
  newcomers: Submission,
  facts: RotationFacts,
): void {
  const { sequence, signers: present } = facts.signers[params.role];
  if (params.sequence !== sequence + 1 || params.replaces !== present.digest) {
    refuse(
      "authz.rotation_stale",
      `The rotation replaces set ${params.sequence - 1} (${params.replaces}) of the ` +
        `${params.role} signers; in force is set ${sequence} (${present.digest})`,
      "Make the document anew: felhom-agent op new signers.rotate",
    );
  }
  const proposed = readProposed(params, facts);
  assertUsable(proposed, facts);
  const proven = new Set(
    newcomers.signatures.map((signature) =>
      verifySshsig(newcomers.document, signature, {
        namespace: NAMESPACE,
        signers: proposed,
        at: facts.now,
      }).keyDigest
    ),
  );
  const unproven = proposed.signers.find(({ key, keyDigest }) =>
    present.find(key.blob) === undefined && !proven.has(keyDigest)
  );
  if (unproven === undefined) return;
  refuse(
    "authz.rotation_unproven",
    `The key ${unproven.keyDigest} of ${unproven.principals.join(", ")} is new and did not sign`,
    "Have every new key sign the document too, to show that its owner holds it.",
  );
}

function readProposed(
  { role, signers }: ActionOf<"signers.rotate">["params"],
  facts: RotationFacts,
): AllowedSigners {
  try {
    const proposed = parseAllowedSigners(signers, { file: `the new ${role} signers`, role });
    const other = role === "recovery" ? "operational" : "recovery";
    assertDisjointSigners(proposed, facts.signers[other].signers);
    refuseBarred(proposed, { removed: new Map(), revoked: facts.revokedKeys });
    return proposed;
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    throw new FelhomError("authz.rotation_unusable", error.message, { cause: error });
  }
}

function assertUsable(proposed: AllowedSigners, { thresholds, now }: RotationFacts): void {
  const needed = highestThreshold(thresholds);
  const count = countSigners(proposed.signers.filter((signer) => maySignAt(signer, now)));
  if (count >= needed) return;
  refuse(
    "authz.rotation_unusable",
    `The rotation leaves the role ${proposed.role} with ${count} that may sign operations now; ` +
      `the highest threshold is ${needed}`,
  );
}

function maySignAt({ namespaces, validAfter, validBefore }: Signer, now: number): boolean {
  const seconds = now / 1000;
  return namespaces.includes(NAMESPACE) &&
    (validAfter === undefined || seconds >= validAfter) &&
    (validBefore === undefined || seconds < validBefore);
}
