import { type Action, type ActionKind, entryOf, readAction } from "../action/mod.ts";
import type { BenignGround, Verdict } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { POLICY, type Policy } from "./policy.ts";
import {
  type Claim,
  claimScratch,
  claimSnapshot,
  claimUncommitted,
  type NamedSnapshot,
} from "./provenance.ts";

/** What is classified: the action, the transaction it belongs to, and what is known. */
interface Case {
  readonly action: Action;
  readonly transaction: string | null;
  readonly facts: Facts;
  readonly policy: Policy;
}

/** Something the agent says it made itself, and why that is good for nothing. */
interface Expired {
  readonly but: string;
}

/** What would make an action of a kind benign; nothing does, when none is given. */
type Rule = (it: Case) => BenignGround | Expired | undefined;

const always = (ground: BenignGround): Rule => () => ground;
const never: Rule = () => undefined;

/**
 * By what is lost and by whose it is, never by the verb: the same destroy is benign for what the
 * agent made a moment ago, and destructive for everything else.
 */
const RULES = {
  "guest.start": always("loses_nothing"),
  "guest.shutdown": always("interrupts_only"),
  "guest.stop": always("interrupts_only"),
  "guest.restart": always("interrupts_only"),
  // That the list is closed is seen to where actions are read.
  "guest.settings": always("closed_list"),
  "guest.create": ({ action, facts }) =>
    action.kind === "guest.create" && facts.place.kind === "free" &&
      facts.goldenImages?.includes(action.params.image) === true
      ? "pinned_image"
      : undefined,
  "guest.snapshot": always("loses_nothing"),
  "guest.delete_snapshot": (it) =>
    it.action.kind === "guest.delete_snapshot" ? ownSnapshot(it, it.action.params) : undefined,
  // What is on the volumes of anybody's guest may be another guest's too, or pending: on its own alone.
  "guest.rollback": (it) => {
    if (it.action.kind !== "guest.rollback") return undefined;
    const snapshot = ownSnapshot(it, it.action.params);
    const scratch = claimScratch(it.facts);
    if (snapshot !== "own_snapshot" || scratch.holds) return snapshot;
    return { but: scratch.why ?? "the guest is no scratch of its own" };
  },
  "guest.backup": always("loses_nothing"),
  // Any backup: one's own of a minute ago may be the last that can be read.
  "guest.prune": never,
  "guest.restore_over": never,
  "guest.destroy": ({ transaction, facts, policy }) => {
    const uncommitted = claimUncommitted(facts, transaction, policy);
    if (uncommitted.holds) return "own_transaction";
    const scratch = claimScratch(facts);
    if (scratch.holds) return "own_scratch";
    // Who asks for it in no transaction of the agent's does not take it for half made.
    return expired(scratch) ?? (transaction === null ? undefined : expired(uncommitted));
  },
  "golden.create": ({ facts }) => facts.place.kind === "free" ? "loses_nothing" : undefined,
  // Only disks that root enrolled, and only the filesystem that is on them (DESIGN, section 2).
  "disk.mount": always("loses_nothing"),
  // Of those that write to its folder not all are seen; an operator on the host sees them.
  "disk.unmount": never,
  "signers.rotate": never,
} as const satisfies Record<ActionKind, Rule>;

function ownSnapshot(
  { facts, transaction }: Case,
  named: NamedSnapshot,
): BenignGround | Expired | undefined {
  const claim = claimSnapshot(facts, named, { transaction });
  return claim.holds ? "own_snapshot" : expired(claim);
}

function expired(claim: Claim): Expired | undefined {
  return claim.holds || claim.why === null ? undefined : { but: claim.why };
}

/**
 * Whether an action may lose what cannot be had again. Total: what is no action of the table, or is
 * not shaped as the table says, is destructive.
 *
 * @param options.policy @default POLICY
 */
export function classify(
  action: unknown,
  { transaction, facts, policy = POLICY }: Omit<Case, "action" | "policy"> & {
    readonly policy?: Policy;
  },
): Verdict {
  const read = readAction(action);
  if (!read.ok) return { risk: "destructive", why: read.message };
  const rule: Rule = RULES[read.action.kind];
  const ground = rule({ action: read.action, transaction, facts, policy });
  if (typeof ground === "string") return { risk: "benign", ground };
  const why = whyDestructive(read.action);
  return {
    risk: "destructive",
    why: ground === undefined ? why : `${why}. The agent made it, but ${ground.but}`,
  };
}

/** A creation loses nothing; what is wrong with it is what would run afterwards. */
function whyDestructive(action: Action): string {
  return action.kind === "guest.create"
    ? `It would run what nobody vouches for: ${action.params.image} is not a golden image as pinned`
    : `It would lose: ${entryOf(action.kind).lost}`;
}
