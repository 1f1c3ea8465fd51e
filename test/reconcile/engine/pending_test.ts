import { assertEquals, assertStringIncludes } from "@std/assert";
import { withPending } from "../../sim/pve/world/config_change.ts";
import { parseWorld } from "../../e2e/ledger/world_view.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 2 } as const;

/** A host that accepts what it is told about cores, and applies it with the next start alone. */
function acceptsOnly({ simulator: { pve } }: Pick<RunningEngine, "simulator">): void {
  const guest = pve.world.guest(200);
  guest.config = withPending(guest.config, new Map([["cores", "3"]]), new Set());
}

function started({ simulator }: RunningEngine): number | undefined {
  return simulator.pve.world.guest(200).running?.since;
}

function coresOf({ simulator }: RunningEngine): (string | undefined)[] {
  const guest = parseWorld(simulator.pve.snapshot()).guests.find(({ vmid }) => vmid === 200);
  return [guest?.options["cores"], guest?.pending["cores"]];
}

Deno.test("a change that is only pending is told, and the guest not restarted for it", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare(open) {
      acceptsOnly(open);
      open.want(wanted(200, { settings: { cores: 3 } }));
    },
  });
  const since = started(host);
  await host.quiet();
  assertEquals([started(host), ...coresOf(host)], [since, "2", "3"]);
  assertEquals(host.sent(), [], "what waits already is not sent again");
  assertEquals(host.desk.convergence().told, [{
    vmid: 200,
    code: "needs_restart",
    message: 'cores waits until a restart, which is not allowed ("restart": "never")',
  }]);
  assertEquals(host.desk.convergence().converged, 0);
  assertStringIncludes(host.desk.why(200), "waits for a restart by somebody else");
});

Deno.test("a change that is only pending is applied by a restart where the document allows it", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare(open) {
      acceptsOnly(open);
      open.want(wanted(200, { settings: { cores: 3 }, restart: "when_needed" }));
    },
  });
  const since = started(host);
  await host.quiet();
  assertEquals(coresOf(host), ["3", undefined]);
  assertEquals(started(host) === since, false);
  assertEquals(host.sent(), ["POST /nodes/pve/lxc/200/status/reboot"]);
  assertEquals(host.desk.convergence().converged, 1);
});
