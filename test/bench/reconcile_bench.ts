import { readActual } from "../../src/reconcile/actual/read_actual.ts";
import type { DesiredState } from "../../src/reconcile/desired/desired_state.ts";
import { planHost } from "../../src/reconcile/plan/plan_host.ts";
import { type SpawnedSimulator, spawnSimulator } from "../sim/spawn.ts";
import { asTheyAre } from "./as_they_are.ts";
import { type BareClient, openBareClient } from "./bare_client.ts";
import type { Comparison, Suite } from "./frame.ts";
import { inLanes } from "../support/in_lanes.ts";
import { openReads } from "../support/open_reads.ts";

const GUESTS = 1_000;
const DESIRED = 200;
/** Configurations that a pass asks for at once. */
const AT_ONCE = 8;

/** What reconciling costs over the requests that it cannot do without. */
export async function reconcileSuite(): Promise<Suite> {
  await using opening = new AsyncDisposableStack();
  const simulator = opening.use(
    await spawnSimulator(["--guests", `${GUESTS}`, "--latency", "measured"]),
  );
  const { reads } = opening.use(openReads(simulator));
  const bare = openBareClient(simulator);
  opening.defer(() => bare.close());
  const vmids = (await reads.guests()).map(({ vmid }) => vmid).toSorted((a, b) => a - b)
    .slice(0, DESIRED);
  const desired = await asTheyAre(reads, vmids);
  const opened = opening.move();
  return {
    comparisons: [noDriftPass({ reads, desired }, { bare, simulator, vmids })],
    close: () => opened.disposeAsync(),
  };
}

/** A pass that finds nothing to do, against its own requests with as many of them in flight. */
function noDriftPass(
  { reads, desired }: { readonly reads: Parameters<typeof readActual>[0]; desired: DesiredState },
  { bare, simulator: { node }, vmids }: {
    readonly bare: BareClient;
    readonly simulator: SpawnedSimulator;
    readonly vmids: readonly number[];
  },
): Comparison {
  const managed = { first: 100, last: 999_999_999 };
  return {
    title: `A pass without drift: ${GUESTS} guests, ${DESIRED} desired, latencies as measured`,
    baseline: {
      name: "the same requests, bare",
      async run() {
        await bare.get(`/nodes/${node}/lxc`);
        const read = (vmid: number) => bare.get(`/nodes/${node}/lxc/${vmid}/pending`);
        await inLanes(vmids, read, { atOnce: AT_ONCE });
      },
    },
    contenders: [{
      name: "a pass",
      async run() {
        const { guests } = await readActual(reads, { wanted: desired.guests, atOnce: AT_ONCE });
        const plan = planHost(desired, guests, { managed });
        const drifted = plan.guests.find(({ steps, told }) => steps.length + told.length > 0);
        if (drifted !== undefined) throw new Error(`Guest ${drifted.vmid} is not as it is wanted`);
      },
      limit: 1.2,
    }],
  };
}
