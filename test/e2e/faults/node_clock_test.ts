import { assertEquals } from "@std/assert";
import { EVERY_KIND } from "./every_kind.ts";
import { openOperator, startFaultHost } from "./fault_host.ts";
import { rulesOf } from "./wire_faults.ts";

const HOUR_MS = 60 * 60_000;
const LOST = { name: "reset after", fault: { kind: "reset_after" }, ends: "succeeded" } as const;

for (
  const [name, hours] of [
    ["three hours ahead", 3],
    ["three hours behind", -3],
    ["years ahead", 24 * 1000],
    ["years behind", -24 * 1000],
  ] as const
) {
  Deno.test(`a node whose clock is ${name} is asked for lost tasks by its own time`, async () => {
    await using operator = await openOperator();
    await using host = await startFaultHost(operator, { nodeAhead: hours * HOUR_MS });
    const ids: string[] = [];
    for (const order of EVERY_KIND.filter(({ isGuard }) => !isGuard)) {
      for (const rule of rulesOf(LOST, order, "the call")) host.simulator.wire.faults.add(rule);
      ids.push(await host.ask(order));
    }
    await host.ended();
    const ends = ids.map((id) => {
      const { kind, state } = host.operation(id);
      return state === "succeeded" ? state : `${kind} ${state}: ${host.reasonOf(id)}`;
    });
    assertEquals(ends, ids.map(() => "succeeded"));
    assertEquals(host.problems({ oneClock: false }), []);
  });
}
