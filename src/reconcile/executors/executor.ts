import type { ActionKind, ActionOf } from "../../action/mod.ts";
import type { Facts, Permit } from "../../gate/mod.ts";
import type { HelperReads } from "../../helper/mod.ts";
import type { Guest, Reads, TaskResult, Upid } from "../../proxmox/mod.ts";
import type { State } from "../../state/mod.ts";
import type { Hands } from "./hands.ts";
import type { Json } from "./json.ts";

/** What executors look with. Nothing of it changes anything. */
export interface Eyes {
  readonly reads: Reads;
  readonly helper: HelperReads | null;
  /** What the state says of the signers: a rotation changes nothing else. */
  readonly signers: Pick<State["signers"], "current" | "history">;
}

/** What was found under the permit, right before anything is sent. */
export type Checked =
  /** `before` is written to the journal with the intent: what the effect is held against later. */
  | { readonly holds: true; readonly before: Json }
  /** Nothing is sent. `passes`: it may hold later without anybody doing anything (a lock). */
  | {
    readonly holds: false;
    readonly why: string;
    readonly passes: boolean;
    /** The lock that is in the way, where it is one. */
    readonly lock?: string;
  };

/** Something that the journal remembers about guests once the effect is seen. */
export type Trace =
  | {
    readonly kind: "guest_made";
    readonly vmid: number;
    readonly volumes: readonly string[];
    readonly macs: readonly string[];
    /** Of its configuration right after it was made; null when it was seen too late to know that. */
    readonly digest: string | null;
  }
  | { readonly kind: "guest_gone"; readonly vmid: number }
  | { readonly kind: "guest_started"; readonly vmid: number }
  /** It was seen running, and the agent has not started it. */
  | { readonly kind: "guest_ran"; readonly vmid: number }
  | {
    readonly kind: "snapshot_made";
    readonly vmid: number;
    readonly name: string;
    /** Epoch seconds (`snaptime`). */
    readonly takenAt: number;
    readonly digest: string | null;
    readonly stoppedThroughout: boolean;
  }
  /** The guest was taken back to a snapshot, and its configuration is so now. */
  | {
    readonly kind: "taken_back";
    readonly vmid: number;
    readonly name: string;
    readonly digest: string;
  }
  | { readonly kind: "snapshot_gone"; readonly vmid: number; readonly name: string }
  /** With this the transaction that it is a step of is complete; nothing, when it stands alone. */
  | { readonly kind: "transaction_committed" };

/** What the host shows of an action that may have been done. */
export type Effect =
  | {
    readonly seen: "done";
    readonly traces?: readonly Trace[];
    readonly detail?: Json;
    /** The guest's row, where it was read: for who looks next. */
    readonly row?: Guest;
  }
  /** All is as it was before. */
  | { readonly seen: "nothing"; readonly why: string }
  /** Something else: a part of it, something pending, another guest. Traces as far as proven. */
  | { readonly seen: "other"; readonly why: string; readonly traces?: readonly Trace[] };

/** How far the work came, when its effect is looked for. */
export type Ending =
  /** Its task ended. */
  | { readonly how: "task"; readonly result: TaskResult }
  /** It answered, and there is no task. */
  | { readonly how: "answered" }
  /** Nobody knows whether it arrived; no task of it is to be found. */
  | { readonly how: "lost" };

/**
 * How one kind of action is carried out: looked at, sent, looked at again. What stands between
 * (journal, waiting, lost answers, crashes) is the same for all kinds, and stands in `carry_out.ts`
 * and `settle.ts`.
 */
export interface Executor<Kind extends ActionKind> {
  /** Types of the tasks that the call can start (FACTS §2.3); none when it is synchronous. */
  readonly taskTypes: readonly string[];
  /** Ids that those tasks can have, when it is not the VMID of the action. */
  readonly taskIds?: (action: ActionOf<Kind>) => readonly string[];
  /**
   * Whether it starts one task after the other, as long as it works; the journal names none of them.
   * @default false: one task, started by one call
   */
  readonly startsSeveral?: boolean;
  /** How long the work may take at most, milliseconds: then it is shown, and goes on. */
  readonly limitMs: (action: ActionOf<Kind>) => number;
  /** What the journal remembers the moment that the request may leave. */
  readonly tracesAtStart?: (action: ActionOf<Kind>) => readonly Trace[];
  /**
   * Reads the precondition again, under the permit: what the permit was given for (`facts`) still
   * holds: digest, identity, lock, run state.
   */
  check(action: ActionOf<Kind>, facts: Facts, eyes: Eyes): Promise<Checked>;
  /** Redeems the permit and sends. Throws what the client throws. */
  send(permit: Permit, action: ActionOf<Kind>, tools: SendTools): Promise<Upid | null>;
  /** Reads back what became of it; also after a crash, with nothing but the journal's `before`. */
  verify(
    action: ActionOf<Kind>,
    story: Story,
    eyes: Eyes,
  ): Promise<Effect>;
}

/** What is known of work that has ended, as its effect is looked for. */
export interface Story {
  /** As the journal has it. */
  readonly before: Json;
  readonly ending: Ending;
  /**
   * Milliseconds since this very process last knew it at work, by the monotonic clock; null when an
   * earlier process began it. @default null
   */
  readonly sinceAtWorkMs?: () => number | null;
}

/** What a call is sent with. */
export interface SendTools {
  readonly hands: Hands;
  readonly eyes: Eyes;
  /** For what changes the agent's own state only. */
  readonly state: State;
  /** Id of the operation in the journal. */
  readonly operation: string;
  readonly before: Json;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Waits for a task that is only a part of the work. */
  readonly wait: (upid: Upid) => Promise<TaskResult>;
}
