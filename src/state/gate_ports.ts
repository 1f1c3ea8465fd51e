import type { AuditRecord, Ports } from "../gate/mod.ts";
import { FelhomError } from "../errors.ts";
import { auditClass } from "./audit_class.ts";
import { canonicalJson } from "./canonical_json.ts";
import type { State } from "./state.ts";

export interface GatePortsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
}

/**
 * What the gate needs of the state. Decisions that were signed, or that lose something for good, are
 * written each; permits of benign work and refusals, of which anybody can cause any number, as
 * {@linkcode Audit.permit} and {@linkcode Audit.refuse} do.
 */
export function gatePorts(
  state: State,
  { now, newId }: GatePortsOptions,
): Pick<Ports, "audit" | "operations" | "pending" | "transaction"> {
  return {
    audit: {
      append(record) {
        writeDecision(state.audit, record);
        return state.audit.holds() ? "intact" : "broken";
      },
    },
    operations: {
      usedBy: (nonce) => state.nonces.usedBy(nonce),
      record(signed, intent) {
        const id = newId();
        const { action, origin, source, reference, evidence, transaction } = intent;
        state.operations.authorise({
          id,
          transaction,
          vmid: "guest" in action ? action.guest : null,
          action,
          origin,
          evidence: { ...evidence, source, reference },
          at: now(),
          signed,
        });
        return id;
      },
      stored(id) {
        const operation = state.operations.get(id);
        const signed = state.operations.document(id);
        if (operation?.state === "authorised" && signed !== undefined) {
          return { document: signed.bytes, signatures: signed.signatures };
        }
        const why = operation === undefined
          ? "there is none"
          : operation.state === "authorised"
          ? "it was not signed"
          : `it is ${operation.state}`;
        throw new FelhomError("state.missing", `Cannot dispatch operation "${id}": ${why}`);
      },
    },
    pending: { add: (wish) => state.pending.add(wish) },
    // Only what is signed begins here.
    transaction: (work) => state.transaction(work, { purpose: "signed" }),
  };
}

/** Refusals before it is known whether anybody signed who may. */
const UNVERIFIED = /^authz\.(signature|signer|signers|presence)_|^authz\.(unsigned|too_large)$/;

function writeDecision(audit: State["audit"], record: AuditRecord): void {
  const { at, ...body } = record;
  const { said, source, door, action, authorisation } = record;
  const kind = `gate.${said.outcome}`;
  if (said.outcome === "permitted" || said.outcome === "authorised") {
    const entry = { at, kind, body };
    if (record.origin === "recovery") return void audit.append(entry, { purpose: "finish" });
    const { ground } = said;
    if (authorisation !== null) return void audit.append(entry, { purpose: "signed" });
    if (ground === "signed" || auditClass(kind, body) !== "benign") {
      return void audit.append(entry);
    }
    const vmid = action !== null ? action.guest : null;
    const permit = { source, kind: action?.kind ?? "none", vmid, ground };
    return void audit.permit(entry, permit);
  }
  const code = said.outcome === "refused" ? said.code : said.outcome;
  const quota = door === "ask" ? "request" : UNVERIFIED.test(code) ? "submission" : "signed";
  const key = canonicalJson([door, said, action]);
  audit.refuse({ at, kind, body, source, key, quota });
}
