import type { Action } from "../../../src/action/mod.ts";
import { parseDocument } from "../../../src/authz/mod.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import type { Operation } from "../../../src/state/mod.ts";
import { hybridOperator } from "../../authz/support/hybrid_operator.ts";
import { armor, dearmor } from "../../authz/ssh/support/encode.ts";
import { openWork } from "./open_work.ts";

const DESTROY: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };

/**
 * Work whose journal an earlier run left with a signed operation, by a hybrid key: this run has not
 * verified anything yet.
 *
 * @param altered whether a bit of the ML-DSA half is another one
 */
export async function signedByHybrid(
  altered: boolean,
  test: (work: Work, operation: Operation) => Promise<void>,
): Promise<void> {
  const anna = hybridOperator("anna");
  await using opened = await openWork({ signers: { operational: anna.line() } });
  const { work } = opened;
  const { document: bytes, signatures } = await opened.sign(DESTROY, anna);
  const { document: { nonce }, expiresAt } = parseDocument(bytes);
  const signed = altered ? signatures.map(alter) : signatures;
  const at = work.clock.now();
  work.state.operations.authorise({
    ...{ id: "signed", transaction: null, vmid: 230, action: DESTROY, origin: "job", at },
    evidence: { why: "", digest: null, observedAt: at, source: "control socket", reference: "1" },
    signed: { bytes, signatures: signed, nonce, expiresAt },
  });
  const operation = work.state.operations.get("signed");
  if (operation === undefined) throw new Error("Cannot find what was just written");
  await test(work, operation);
}

/** In front of the last half, of 64 bytes, stands the other one. */
function alter(armored: string): string {
  const blob = dearmor(armored);
  const at = blob.length - 64 - 1000;
  blob[at] = (blob[at] ?? 0) ^ 1;
  return armor(blob);
}
