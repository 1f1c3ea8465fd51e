import type { Action, ActionClass } from "../action/mod.ts";
import { entryOf } from "../action/mod.ts";

/** How many have to sign, for each class of actions. At least one. */
export type Thresholds = Readonly<Record<ActionClass, number>>;

/** Whoever signed: one key, and the names of its owner. */
export interface Counted {
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly keyDigest: string;
  readonly principals: readonly string[];
}

/** The highest of all thresholds: what it takes to replace signers, whatever `trust` says. */
export function highestThreshold(thresholds: Thresholds): number {
  return Math.max(...Object.values(thresholds));
}

/** How many have to sign an action. */
export function thresholdOf(action: Action, thresholds: Thresholds): number {
  const { class: counted } = entryOf(action.kind);
  return counted === "trust" ? highestThreshold(thresholds) : thresholds[counted];
}

/**
 * How many a group of signers is: distinct keys and distinct people, whichever are fewer. Two keys
 * that share any principal, in whatever case it is written, belong to one person; so do all that are
 * joined by such pairs.
 */
export function countSigners(signers: readonly Counted[]): number {
  const keys = new Set(signers.map(({ keyDigest }) => keyDigest));
  return Math.min(keys.size, people(signers).length);
}

/** The principals of each person. */
function people(signers: readonly Counted[]): Set<string>[] {
  return signers.reduce<Set<string>[]>((groups, signer) => {
    const principals = signer.principals.map((principal) => principal.toLowerCase());
    const same = groups.filter((group) => principals.some((principal) => group.has(principal)));
    const others = groups.filter((group) => !same.includes(group));
    return [...others, new Set([...principals, ...same.flatMap((group) => [...group])])];
  }, []);
}
