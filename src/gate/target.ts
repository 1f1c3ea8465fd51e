import type { GatedAction, LiveTarget } from "../authz/mod.ts";
import type { Facts } from "./facts.ts";
import { liveIdentityDigest } from "./provenance.ts";

/** What has to be signed: this very action, on this very guest. */
export type Binding = GatedAction;

/** Whom the facts are about, as a signed document names it. */
export function liveTarget(facts: Facts): LiveTarget {
  const { place, subject } = facts;
  return {
    guest: subject,
    name: place.kind === "here" ? place.guest.name : null,
    identity: liveIdentityDigest(facts),
  };
}
