import { type Action, canonicalAction, type Intent, readAction } from "../../src/action/mod.ts";
import type { Facts, Permit, Place, StorageFacts } from "../../src/gate/mod.ts";
import { openOperators, type Operators } from "../authz/support/operators.ts";
import { bytes } from "../authz/support/scene.ts";
import { type GateRig, openGateRig } from "../gate/gate_rig.ts";
import { config, facts, here, intentTo, reservation } from "../gate/scene.ts";

const TIB = 1024 ** 4;
const ROOMY: StorageFacts = { available: TIB, total: TIB, pool: null, metadata: null };

/**
 * A permit for an action, as the gate gives it: a real gate decides, by facts that allow as much as
 * facts can. What takes signatures is signed by the real `ssh-keygen`.
 *
 * @throws {Error} when the gate gives none
 */
export async function permitFor(action: Action): Promise<Permit> {
  const read = readAction(action);
  if (!read.ok) throw new Error(`Cannot ask for a permit: ${read.message}`);
  const intent = intentTo(read.action);
  const allowing = permissiveFacts(read.action);
  const asked = openGateRig().gate.ask(intent, allowing);
  if (asked.outcome === "permitted") return asked.permit;
  if (asked.outcome !== "pending_signature") throw refused(action, asked);
  const operators = await openOperators();
  try {
    return await signed(operators, intent, allowing);
  } finally {
    await operators.close();
  }
}

async function signed(operators: Operators, intent: Intent, facts: Facts): Promise<Permit> {
  const anna = await operators.person("anna");
  const rig: GateRig = openGateRig(anna.line());
  const document = bytes(rig.document(intent.action, facts));
  const submission = { document, signatures: [await anna.sign(document)] };
  const authorised = rig.gate.authorise(intent, submission, facts);
  if (authorised.outcome !== "authorised") throw refused(intent.action, authorised);
  const answer = rig.gate.dispatch(authorised.authorisation.operation, intent, facts);
  if (answer.outcome !== "permitted") throw refused(intent.action, answer);
  return answer.permit;
}

function refused(action: Action, answer: unknown): Error {
  return new Error(`No permit for ${canonicalAction(action)}: ${JSON.stringify(answer)}`);
}

/** Facts by which nothing but the action itself stands in its way. */
export function permissiveFacts(action: Action): Facts {
  const subject = action.guest;
  const common = facts({
    subject,
    managed: { first: 100, last: 999_999_999 },
    place: placeFor(action),
    newPlace: { kind: "free" },
    expectedBytes: 0,
    backups: 0,
  });
  switch (action.kind) {
    case "guest.create":
      return {
        ...common,
        goldenImages: [action.params.image],
        ...roomOn(action.params.storage),
      };
    case "guest.backup":
    case "guest.restore_over":
      return { ...common, ...roomOn(action.params.storage) };
    case "golden.create":
      return { ...common, ...roomOn(action.params.rootfs.storage) };
    default:
      return common;
  }
}

function roomOn(storage: string): Pick<Facts, "storages" | "reservations"> {
  return { storages: { [storage]: ROOMY }, reservations: { [storage]: reservation() } };
}

function placeFor(action: Action): Place {
  switch (action.kind) {
    case "guest.create":
    case "golden.create":
      return { kind: "free" };
    case "guest.rollback":
    case "guest.delete_snapshot": {
      const { snapshot: name, taken_at: takenAt } = action.params;
      return here({ config: config({ snapshots: [{ name, takenAt }] }) });
    }
    default:
      return here({ usage: { memory: 0, swap: 0 } });
  }
}
