import type { Action, Intent } from "../../src/action/mod.ts";
import { draftDocument, type HostFacts, type Submission } from "../../src/authz/mod.ts";
import { FelhomError } from "../../src/errors.ts";
import {
  type Alarm,
  type AuditRecord,
  type Facts,
  Gate,
  liveTarget,
  type Ports,
  type Wish,
} from "../../src/gate/mod.ts";
import { hostFacts, nextNonce } from "../authz/support/scene.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { MINUTE } from "./scene.ts";

/** What a rig's ports do when they are asked, as a disk would make them. */
export interface RigFaults {
  /** What appending to the audit log does. @default "intact" */
  audit?: "intact" | "broken" | "full";
  /** @default false */
  pendingFull?: boolean;
  /** What recording an operation does, beside recording it. @default false */
  journalFull?: boolean;
}

/** A gate on ports that keep everything in memory, and what they were told. */
export interface GateRig {
  readonly gate: Gate;
  readonly clock: FakeClock;
  readonly faults: RigFaults;
  readonly audit: AuditRecord[];
  readonly pending: Wish[];
  readonly alarms: Alarm[];
  /** Operation of each nonce that was used. */
  readonly nonces: Map<string, string>;
  readonly operations: Map<string, Submission>;
  /** What signed documents are held against; signers can be replaced. */
  signing: HostFacts;
  /** The document for an action under these facts, valid from now for an hour. */
  document(action: Action, facts: Facts): string;
}

/** Opens a rig. @param signers lines of the operational set */
export function openGateRig(signers = ""): GateRig {
  const clock = new FakeClock();
  const faults: RigFaults = {};
  const audit: AuditRecord[] = [];
  const pending: Wish[] = [];
  const alarms: Alarm[] = [];
  const nonces = new Map<string, string>();
  const operations = new Map<string, Submission>();
  const full = () => new FelhomError("state.full", "Cannot begin anything new: the disk is full");

  const ports: Ports = {
    audit: {
      append(record) {
        if (faults.audit === "full") throw full();
        audit.push(record);
        return faults.audit ?? "intact";
      },
    },
    operations: {
      usedBy: (nonce) => nonces.get(nonce),
      record({ bytes, signatures, nonce }, _intent: Intent) {
        const id = `op-${operations.size + 1}`;
        nonces.set(nonce, id);
        operations.set(id, { document: bytes, signatures });
        if (faults.journalFull === true) throw full();
        return id;
      },
      stored(operation) {
        const stored = operations.get(operation);
        if (stored !== undefined) return stored;
        throw new FelhomError("state.missing", `There is no operation "${operation}"`);
      },
    },
    pending: {
      add(wish) {
        if (faults.pendingFull === true) throw full();
        if (pending.some(({ source, key }) => source === wish.source && key === wish.key)) {
          return "known";
        }
        pending.push(wish);
        return "added";
      },
    },
    transaction(work) {
      const before = { nonces: new Map(nonces), operations: new Map(operations) };
      const links = audit.length;
      try {
        return work();
      } catch (error) {
        nonces.clear();
        operations.clear();
        before.nonces.forEach((id, nonce) => nonces.set(nonce, id));
        before.operations.forEach((stored, id) => operations.set(id, stored));
        audit.splice(links);
        throw error;
      }
    },
    signing: () => rig.signing,
    random: (length) => new Uint8Array(length).fill(7),
    alarm: (alarm) => void alarms.push(alarm),
  };
  const rig: GateRig = {
    gate: new Gate(ports, { clock }),
    ...{ clock, faults, audit, pending, alarms, nonces, operations },
    signing: hostFacts({ operational: signers }, { timeMark: clock.now() }),
    document: (action, facts) =>
      draftDocument({ action, target: liveTarget(facts) }, {
        host: rig.signing.host,
        instance: rig.signing.instance,
        nonce: nextNonce(),
        at: clock.now(),
        lifetime: 60 * MINUTE,
        reason: "contract ended",
      }),
  };
  return rig;
}
