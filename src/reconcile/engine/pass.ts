import type { Guest } from "../../proxmox/mod.ts";
import { readActual } from "../actual/read_actual.ts";
import type { PassReport } from "../commands/commands.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import { type HostPlan, planHost } from "../plan/plan_host.ts";
import type { Work } from "../work.ts";

/** What one pass found out. */
export interface Passed {
  readonly desired: DesiredState;
  /** Of every guest that is desired. */
  readonly plan: HostPlan;
  readonly guests: PassReport["guests"];
  /** All containers of the node, as they were listed. */
  readonly rows: readonly Guest[];
  /** What could not be read, a sentence each. */
  readonly errors: readonly string[];
}

/** What a pass needs of the work. */
export type PassParts = Pick<Work, "managed" | "provider"> & {
  readonly eyes: Pick<Work["eyes"], "reads">;
};

/**
 * Holds what is desired against what is there: reads, and changes nothing. A guest whose
 * configuration cannot be read costs only itself.
 *
 * @param desired what is wanted @default what the provider says now
 * @param advanced called with each guest that was read @default nobody is told
 * @throws {FelhomError} when the desired state or the list of guests cannot be read: then nothing is
 * known
 */
export async function pass(
  { managed, provider, eyes }: PassParts,
  { desired = provider.current(), signal, advanced = () => {} }: {
    readonly desired?: DesiredState;
    readonly signal: AbortSignal;
    readonly advanced?: () => void;
  },
): Promise<Passed> {
  const actual = await readActual(eyes.reads, { wanted: desired.guests, signal, advanced });
  return {
    desired,
    plan: planHost(desired, actual.guests, { managed }),
    guests: { total: actual.total, running: actual.running, desired: desired.guests.size },
    rows: actual.rows,
    errors: actual.unread.map(({ vmid, why }) => `${vmid}: ${why}`),
  };
}
