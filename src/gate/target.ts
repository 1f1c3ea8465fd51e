import type { Action } from "../action/mod.ts";
import type { Facts } from "./facts.ts";
import { liveIdentityDigest } from "./provenance.ts";

/** Whom an action hits, as the host shows it now. A signed document must name the same. */
export interface LiveTarget {
  /** Null when the action is about the host. */
  readonly guest: number | null;
  /** Null while there is no guest. */
  readonly name: string | null;
  /** `sha256:…`; null while there is nothing to tell a guest by. */
  readonly identity: string | null;
}

/** What has to be signed: this very action, on this very guest. */
export interface Binding {
  readonly action: Action;
  readonly target: LiveTarget;
}

/** Whom the facts are about, as a signed document names it. */
export function liveTarget(facts: Facts): LiveTarget {
  const { place, subject } = facts;
  return {
    guest: subject,
    name: place.kind === "here" ? place.guest.name : null,
    identity: liveIdentityDigest(facts),
  };
}
