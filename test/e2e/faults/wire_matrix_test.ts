import { assertEquals } from "@std/assert";
import { inLanes } from "../../support/in_lanes.ts";
import { EVERY_KIND, type Order } from "./every_kind.ts";
import { type FaultHost, openOperator, startFaultHost } from "./fault_host.ts";
import { type Cell, outcomeTable } from "./outcome_table.ts";
import {
  type FaultCase,
  listRuleOf,
  rulesOf,
  type Stage,
  STAGES,
  WIRE_FAULTS,
} from "./wire_faults.ts";

/** How many times as short the limits of a call are where only they end a fault. */
const CALL_SCALE = 12;
/** How long pveproxy waits for a pvedaemon that hangs, milliseconds of the machine. */
const HUNG_MS = 2_000;
/** Hosts side by side: most of the time they wait, and more would hold up those that drip. */
const HOSTS = 5;

/** Orders that share a host, under one fault. */
interface Story {
  readonly fault: FaultCase;
  readonly orders: readonly Order[];
}

function storiesOf(stage: Stage): Story[] {
  const orders = EVERY_KIND.filter(({ hasTask, isGuard }) =>
    stage === "the call" || (!isGuard && (stage !== "its task" || hasTask))
  );
  const befalls = ({ callOnly = false, everywhere = false }: FaultCase) =>
    stage === "all of it" ? everywhere : !callOnly || stage === "the call";
  return WIRE_FAULTS.filter(befalls).flatMap((fault) =>
    fault.slow === true || fault.wide === true || fault.alone === true
      ? orders.map((order) => ({ fault, orders: [order] }))
      : [{ fault, orders }]
  );
}

for (const stage of STAGES) {
  Deno.test(`every kind of action, whatever befalls ${stage}: nothing is lost, nothing sent twice`, async () => {
    await using operator = await openOperator();
    const began = performance.now();
    const ends = new Map<Order, string>();
    {
      await using host = await startFaultHost(operator);
      for (const order of EVERY_KIND) await host.ask(order);
      await host.ended();
      await host.running.quiet();
      assertEquals(host.problems(), []);
      for (const order of EVERY_KIND) ends.set(order, host.portraitOf(order));
    }
    const cells: Cell[] = [];
    await inLanes(storiesOf(stage), async ({ fault, orders }) => {
      await using host = await startFaultHost(operator, {
        callScale: fault.slow === true ? CALL_SCALE : 1,
        ...(fault.wide === true ? { answerLimitMs: HUNG_MS } : {}),
      });
      try {
        cells.push(...await tell(host, { fault, orders, stage, ends }));
      } catch (error) {
        // The others go on: what they find is worth as much.
        const problem = error instanceof Error ? error.message : String(error);
        for (const { name } of orders) {
          const problems = [`${name}, ${fault.name}, ${stage}: ${problem}`];
          cells.push({ row: fault.name, column: name, outcome: "unknown", problems });
        }
      }
    }, { atOnce: HOSTS });
    const seconds = (performance.now() - began) / 1000;
    // deno-lint-ignore no-console -- The matrix is for people.
    console.log(outcomeTable(cells, { title: `What befalls ${stage}`, seconds }));
    assertEquals(cells.flatMap(({ problems }) => problems), []);
  });
}

/** Asks for all orders under a fault, and sees what came of them, once it is over. */
async function tell(
  host: FaultHost,
  { fault, orders, stage, ends }: Story & {
    readonly stage: Stage;
    readonly ends: ReadonlyMap<Order, string>;
  },
): Promise<Cell[]> {
  const { simulator: { wire }, running } = host;
  const before = new Map(orders.map((order) => [order, host.portraitOf(order)]));
  const asked = [];
  for (const order of orders) {
    const rules = rulesOf(fault, order, stage).map((rule) => wire.faults.add(rule));
    asked.push({ order, rules, id: await host.ask(order) });
  }
  const looks = orders.length > 1 && (stage === "the look after" || stage === "all of it");
  const list = looks ? [wire.faults.add(listRuleOf(fault))] : [];
  await host.ended();
  const struck = new Map(wire.faults.list().map(({ id, struck }) => [id, struck]));
  wire.faults.clear();
  if (fault.wide === true) {
    wire.restartDaemon(0);
    host.cleanUp();
  }
  await running.quiet();
  const cells: Cell[] = [];
  for (const { order, rules, id } of asked) {
    const { state } = host.operation(id);
    const name = `${order.name}, ${fault.name}, ${stage}`;
    const problems: string[] = [];
    const tellIf = (wrong: boolean, what: string) => {
      if (wrong) problems.push(`${name}: ${what} (${host.reasonOf(id)})`);
    };
    const strikes = [...rules, ...list].map((rule) => struck.get(rule) ?? 0);
    tellIf(!strikes.some((times) => times > 0), "the fault never struck");
    const befallsCall = stage === "the call" || stage === "all of it";
    const certain = befallsCall && !order.isGuard;
    const expected = certain || fault.fault.kind === "restart" ? fault.ends : "succeeded";
    const any = expected === "either" || order.isGuard;
    tellIf(!any && state !== expected, `it ${state}, not ${expected}`);
    if (state !== "succeeded") {
      const left = expected !== "either" && host.portraitOf(order) !== before.get(order);
      tellIf(left, `it ${state}, and left something`);
    }
    // A task that was killed may have come far enough for the clean-up to do the rest.
    if (host.portraitOf(order) !== ends.get(order)) {
      await host.ask(asAgain(order, host));
      await host.ended();
      await running.quiet();
    }
    const end = host.portraitOf(order);
    const same = state === "unknown" && order.kind === "guest.backup"
      ? withoutCount(end) === withoutCount(ends.get(order))
      : end === ends.get(order);
    tellIf(!same, `another end: ${end} instead of ${ends.get(order)}`);
    cells.push({ row: fault.name, column: order.name, outcome: state, problems });
  }
  const problems = host.problems().map((problem) => `${fault.name}, ${stage}: ${problem}`);
  return cells.map((cell, index) =>
    index === 0 ? { ...cell, problems: [...cell.problems, ...problems] } : cell
  );
}

/** What is asked for when it is to be done all the same: a restart that was killed half-way is a start. */
function asAgain(order: Order, { simulator: { pve } }: FaultHost): Order {
  if (order.kind !== "guest.restart") return order;
  if (pve.world.guest(order.guest).running !== undefined) return order;
  return { ...order, kind: "guest.start", params: () => ({}) };
}

/**
 * A portrait without how many backups there are. A backup whose task was killed ends unknown, because
 * its archive may be complete all the same; the one that is asked for again is then one more.
 */
function withoutCount(portrait: string | undefined): string | undefined {
  return portrait?.replace(/^backups: \d+$/m, "backups");
}
