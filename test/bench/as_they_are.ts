import { type ActualReads, readActual } from "../../src/reconcile/actual/read_actual.ts";
import type { DesiredGuest, DesiredState } from "../../src/reconcile/desired/desired_state.ts";

/**
 * A desired state that wants guests exactly as they are: what is planned for it is nothing.
 *
 * @throws {Error} when one of them cannot be read
 */
export async function asTheyAre(
  reads: ActualReads,
  vmids: readonly number[],
): Promise<DesiredState> {
  const { guests } = await readActual(reads, { wanted: new Set(vmids) });
  const desired = vmids.map((vmid): [number, DesiredGuest] => {
    const guest = guests.get(vmid);
    const live = guest?.settings?.live;
    if (guest === undefined || live === undefined) throw new Error(`Cannot read guest ${vmid}`);
    const { memory, swap, onboot, tags, description } = live;
    return [vmid, {
      vmid,
      state: guest.running ? "running" : "stopped",
      settings: { memory, swap, onboot, tags, description },
      restart: "never",
    }];
  });
  return { provider: "bench", revision: "1", guests: new Map(desired) };
}
