import { type Action, readAction } from "../../../src/action/mod.ts";
import { isFinal, type Operation } from "../../../src/state/mod.ts";
import type { RequestRow } from "../../sim/wire/mod.ts";
import type { JournalEntry } from "./books.ts";
import { callsOf, type CallsOfAction } from "./calls_of.ts";
import type { WorldTask } from "./world_view.ts";

/** An operation with what was found of it elsewhere. */
export interface Account {
  readonly entry: JournalEntry;
  readonly label: string;
  readonly action: Action;
  readonly calls: CallsOfAction;
  /** Epoch milliseconds; undefined when it was never begun. */
  readonly began: number | undefined;
  readonly ended: number;
  /** By the call's name. */
  readonly requests: Map<string, Readonly<RequestRow>>;
  readonly tasks: WorldTask[];
}

/** Opens the account of an operation; `undefined` when its action cannot be read. */
export function openAccount(entry: JournalEntry): Account | undefined {
  const { operation, transitions } = entry;
  const read = readAction(operation.action);
  if (!read.ok) return undefined;
  const last = transitions.at(-1);
  return {
    entry,
    label: labelOf(operation),
    action: read.action,
    calls: callsOf(read.action),
    began: transitions.find(({ state }) => state === "started")?.at,
    ended: last !== undefined && isFinal(last.state) ? last.at : Infinity,
    requests: new Map(),
    tasks: [],
  };
}

/** How an operation is called in a finding. */
export function labelOf({ seq, kind, vmid }: Operation): string {
  return `Operation ${seq} (${kind}${vmid === null ? "" : ` ${vmid}`})`;
}
