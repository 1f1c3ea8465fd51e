import type { Action, ActionKind, ActionOf } from "../../action/mod.ts";
import type { Facts, Permit } from "../../gate/mod.ts";
import type { Upid } from "../../proxmox/mod.ts";
import type {
  Checked,
  Effect,
  Executor,
  Eyes,
  SendTools,
  Story,
  Trace,
} from "../executors/executor.ts";
import { EXECUTORS } from "../executors/executors.ts";

/** How one action is carried out, whatever kind it is of. */
export interface BoundExecutor {
  readonly action: Action;
  readonly taskTypes: readonly string[];
  /** Ids that its tasks can have; empty when it has none. */
  readonly taskIds: readonly string[];
  readonly startsSeveral: boolean;
  readonly limitMs: number;
  readonly tracesAtStart: readonly Trace[];
  check(facts: Facts, eyes: Eyes): Promise<Checked>;
  send(permit: Permit, tools: SendTools): Promise<Upid | null>;
  verify(
    story: Story,
    eyes: Eyes,
  ): Promise<Effect>;
}

type Executors = { readonly [Kind in ActionKind]: Executor<Kind> };

/** The executor of an action, with the action. */
export function boundExecutor(action: Action): BoundExecutor {
  return bind(action.kind, action, EXECUTORS);
}

function bind<Kind extends ActionKind>(
  kind: Kind,
  action: ActionOf<Kind>,
  executors: Executors,
): BoundExecutor {
  const executor: Executor<Kind> = executors[kind];
  const { guest } = action;
  const ownIds = guest === null ? [] : [String(guest)];
  return {
    action,
    taskTypes: executor.taskTypes,
    taskIds: executor.taskTypes.length === 0 ? [] : executor.taskIds?.(action) ?? ownIds,
    startsSeveral: executor.startsSeveral ?? false,
    limitMs: executor.limitMs(action),
    tracesAtStart: executor.tracesAtStart?.(action) ?? [],
    check: (facts, eyes) => executor.check(action, facts, eyes),
    send: (permit, tools) => executor.send(permit, action, tools),
    verify: (story, eyes) => executor.verify(action, story, eyes),
  };
}
