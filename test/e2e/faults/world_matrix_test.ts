import { assertEquals } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import type { Operation } from "../../../src/state/mod.ts";
import type { WorldFault } from "../../sim/mod.ts";
import { createPve } from "../../sim/pve/mod.ts";
import { inLanes } from "../../support/in_lanes.ts";
import { EVERY_KIND, MIXED_GUESTS, type Order } from "./every_kind.ts";
import { type FaultHost, openOperator, startFaultHost } from "./fault_host.ts";
import { type Cell, outcomeTable } from "./outcome_table.ts";
import { WORLD_CASES, type WorldCase } from "./world_cases.ts";
import type { WorldEnd } from "./world_ends.ts";

/** Hosts side by side: part of the time they wait. More are no faster, and each of them slower. */
const HOSTS = 3;
/** What guests that are left are asked for when it is over: nobody asked for as many before. */
const CORES_AFTERWARDS = 4;
const ORDERS = EVERY_KIND.filter(({ isGuard }) => !isGuard);

for (const when of ["asked", "at work"] as const) {
  Deno.test(`every kind of action, whatever the host does when it is ${when}: it ends as it should`, async () => {
    await using operator = await openOperator();
    const began = performance.now();
    const cells: Cell[] = [];
    await inLanes(WORLD_CASES.filter((each) => each.when === when), async (each) => {
      await using host = await startFaultHost(operator);
      try {
        cells.push(...await play(host, each));
      } catch (error) {
        // The others go on: what they find is worth as much.
        const problem = `${each.name}: ${textOf(error)}`;
        cells.push({ row: each.name, column: "all", outcome: "unknown", problems: [problem] });
      }
    }, { atOnce: HOSTS });
    const seconds = (performance.now() - began) / 1000;
    // deno-lint-ignore no-console -- The matrix is for people.
    console.log(outcomeTable(cells, { title: `What befalls when it is ${when}`, seconds }));
    assertEquals(cells.flatMap(({ problems }) => problems), []);
  });
}

Deno.test("every fault of the simulated host is played", () => {
  const { world } = createPve({ scenario: "mixed", guests: MIXED_GUESTS });
  const kinds = new Set<string>(
    WORLD_CASES.flatMap(({ faults }) => ORDERS.flatMap((order) => faults(order, world)))
      .map((fault) => fault.kind === "during-task" ? fault.fault.kind : fault.kind),
  );
  assertEquals([...kinds].toSorted(), Object.keys(PLAYED).toSorted());
});

/** All but those that put something right again, and the one that says when another befalls. */
const PLAYED: Readonly<
  Record<Exclude<WorldFault["kind"], "remount" | "free-lock-file" | "during-task">, true>
> = {
  ...{ "change-config": true, crash: true, fill: true, "hold-lock-file": true, lock: true },
  ...{ "lose-volume": true, "restart-daemon": true, stubborn: true, task: true },
  ...{ "truncate-backup": true, unmount: true, vanish: true },
};

/** Asks for all orders under a fault, and sees what came of them and of their guests. */
async function play(host: FaultHost, each: WorldCase): Promise<Cell[]> {
  const told = ORDERS.flatMap((order) => {
    const end = each.end(order);
    return end === undefined ? [] : [{ order, end }];
  });
  const cells: Cell[] = [];
  if (each.wide === true) {
    for (const one of told) {
      cells.push(await tell(host, each, one));
      each.lift?.(one.order, host.simulator);
      host.cleanUp();
    }
  } else {
    cells.push(...await Promise.all(told.map((one) => tell(host, each, one))));
    for (const { order } of told) each.lift?.(order, host.simulator);
    host.cleanUp();
  }
  await host.running.quiet();
  const left = [...await unusable(host), ...host.problems()];
  return cells.map((cell, index) =>
    index === 0
      ? { ...cell, problems: [...cell.problems, ...left.map((text) => `${each.name}: ${text}`)] }
      : cell
  );
}

/** Asks for one order under a fault, does something about it where it waits for that, and looks. */
async function tell(
  host: FaultHost,
  each: WorldCase,
  { order, end }: { readonly order: Order; readonly end: WorldEnd },
): Promise<Cell> {
  const { simulator: { pve }, running: { engine, until } } = host;
  const befalls = () => {
    for (const fault of each.faults(order, pve.world)) pve.inject(fault);
  };
  const taken = await handedIn(() => host.handIn(order, befalls));
  const cell = { row: each.name, column: order.name };
  const wrong = (outcome: Cell["outcome"], what: string, why: string): Cell => ({
    ...{ ...cell, outcome },
    problems: [`${order.name}, ${each.name}, ${each.when}: it ${what} (${why})`],
  });
  if (!("id" in taken)) {
    // What cannot be done now is not done any better with a signature.
    return end.ends === "refused" && !taken.pending
      ? { ...cell, outcome: "refused", problems: [] }
      : wrong("refused", `was refused, not ${end.ends}`, taken.why);
  }
  const { id } = taken;
  const hasEnded = () => ENDED.has(host.operation(id).state);
  if (end.waits) {
    const isAbout = new RegExp(`^${order.about}(?:@|$)`);
    const stands = each.hangs === true
      ? () =>
        pve.world.tasks.all().some((task) => task.ended === undefined && isAbout.test(task.id))
      : () => engine.obstacle(order.guest) !== null;
    await until(() => hasEnded() || stands());
    if (hasEnded()) return wrong(host.operation(id).state, "did not wait", host.reasonOf(id));
    each.lift?.(order, host.simulator);
  }
  await until(hasEnded);
  const { state } = host.operation(id);
  if (state !== end.ends) return wrong(state, `${state}, not ${end.ends}`, host.reasonOf(id));
  return { ...cell, outcome: end.waits && state === "succeeded" ? "waits" : state, problems: [] };
}

const ENDED: ReadonlySet<Operation["state"]> = new Set([
  ...["succeeded", "failed", "unknown", "abandoned"] as const,
]);

async function handedIn(
  handIn: () => ReturnType<FaultHost["handIn"]>,
): Promise<{ readonly id: string } | { readonly why: string; readonly pending: boolean }> {
  try {
    const taken = await handIn();
    return taken.outcome === "authorised" ? { id: taken.operation } : {
      why: `${taken.outcome}: ${taken.why}`,
      pending: taken.outcome === "pending_signature",
    };
  } catch (error) {
    if (error instanceof FelhomError) return { why: error.message, pending: false };
    throw error;
  }
}

/** What keeps those guests that are left from being worked on, once the fault is over. */
async function unusable({ simulator, running, operation, reasonOf }: FaultHost): Promise<string[]> {
  const { desk, engine, until, work: { state } } = running;
  await until(() => state.transactions.open().length === 0);
  const guests = new Set(ORDERS.flatMap(({ guest, about }) => [guest, about]));
  const there = [...guests].filter((vmid) => simulator.pve.world.guests.has(vmid));
  const asked = await Promise.all(there.map(async (guest) => {
    const params = { set: { cores: CORES_AFTERWARDS }, unset: [] };
    const action = { kind: "guest.settings", guest, params };
    return { guest, taken: await desk.request({ action, why: "It is over" }) };
  }));
  await until(() => state.operations.unfinished().length === 0);
  return asked.flatMap(({ guest, taken }) => {
    if (taken.outcome !== "authorised") return [`guest ${guest} afterwards: ${taken.why}`];
    const obstacle = engine.obstacle(guest);
    if (obstacle !== null) return [`guest ${guest} afterwards: ${obstacle}`];
    const { operation: id } = taken;
    const ended = operation(id).state;
    return ended === "succeeded" ? [] : [`guest ${guest} afterwards: ${ended} (${reasonOf(id)})`];
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
