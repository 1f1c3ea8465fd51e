import * as z from "zod";
import type { State } from "../../state/mod.ts";
import type { Json } from "../executors/json.ts";

/** What the journal keeps with the intent: all that a lost answer is looked up by. */
export interface StartedDetail {
  /** What the effect is held against. */
  readonly before: Json;
  /** The node's clock before the call, epoch seconds; null when Proxmox is not asked. */
  readonly nodeTime: number | null;
}

/** The same, as it is read back. */
export interface Started extends StartedDetail {
  /** When it was written, epoch milliseconds. */
  readonly at: number;
}

const json: z.ZodType<Json> = z.json();
const detailSchema = z.object({ before: json, nodeTime: z.number().nullable() });

/**
 * What was written as an operation began; null when it is not what the agent writes there.
 *
 * @throws {FelhomError} `state.damaged`, `state.unusable`
 */
export function readStarted(state: Pick<State, "operations">, operation: string): Started | null {
  const row = state.operations.transitions(operation).find((each) => each.state === "started");
  const read = detailSchema.safeParse(row?.detail);
  return row === undefined || !read.success ? null : { ...read.data, at: row.at };
}
