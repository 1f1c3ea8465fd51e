import type { Ports } from "../gate/mod.ts";
import { FelhomError } from "../errors.ts";
import { canonicalJson } from "./canonical_json.ts";
import type { State } from "./state.ts";

export interface GatePortsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
}

/**
 * What the gate needs of the state. Decisions that lead to a permit are written each; refusals, of
 * which anybody can cause any number, are written as {@linkcode Audit.refuse} does.
 */
export function gatePorts(
  state: State,
  { now, newId }: GatePortsOptions,
): Pick<Ports, "audit" | "operations" | "pending" | "transaction"> {
  return {
    audit: {
      append(record) {
        const { at, ...body } = record;
        const { said, source } = record;
        const kind = `gate.${said.outcome}`;
        if (said.outcome === "permitted" || said.outcome === "authorised") {
          const purpose = record.origin === "recovery" ? "finish" : "new";
          state.audit.append({ at, kind, body }, { purpose });
        } else {
          const key = canonicalJson([record.door, said, record.action]);
          state.audit.refuse({ at, kind, body, source, key });
        }
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
    transaction: (work) => state.transaction(work),
  };
}
