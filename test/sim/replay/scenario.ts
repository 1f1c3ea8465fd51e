import type { Stage } from "./stage.ts";

/** One thing that happens in a scenario. */
export type Step =
  /** Sends a capture's request and compares the answers. */
  | { readonly kind: "replay"; readonly name: string }
  /** What happened on the genuine server between two captures. */
  | {
    readonly kind: "act";
    readonly why: string;
    readonly act: (stage: Stage) => Promise<void> | void;
  };

/** A part of the long story the captures tell, from a state that is built for it. */
export interface Scenario {
  readonly name: string;
  /** The capture at whose time it begins. */
  readonly since: string;
  readonly given?: (stage: Stage) => Promise<void> | void;
  readonly steps: readonly (Step | readonly Step[])[];
}

/** Replays captures, in this order. */
export function replay(...names: readonly string[]): readonly Step[] {
  return names.map((name) => ({ kind: "replay", name }));
}

/** Replays a call that starts a task, then the task's log and status once it is over. */
export function task(...names: readonly string[]): readonly Step[] {
  return names.flatMap((name) => replay(name, `${name}.task-log`, `${name}.task-status`));
}

/** Does what no capture shows. */
export function act(why: string, act: (stage: Stage) => Promise<void> | void): Step {
  return { kind: "act", why, act };
}

/** A call of the agent's that was not captured; its task, if it starts one, is waited for. */
export function call(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  params: Readonly<Record<string, string>> = {},
): Step {
  return act(`${method} ${path}`, (stage) => stage.request(method, path, params));
}
