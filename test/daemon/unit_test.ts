import { assert, assertEquals } from "@std/assert";
import { DRAIN_LIMIT_MS } from "../../src/daemon/supervise.ts";
import { passInterval } from "../../src/reconcile/queue/pass_interval.ts";
import { EXIT } from "../../src/errors.ts";
import { repositoryRoot } from "../support/repository.ts";

const UNIT = await Deno.readTextFile(new URL("configs/felhom-agent.service", repositoryRoot));

/** The one value of a setting. */
function setting(name: string): string {
  const values = [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value);
  assertEquals(values.length, 1, name);
  return values[0] ?? "";
}

/** `20s`, `5min`. */
function milliseconds(name: string): number {
  const [, count, unit] = /^(\d+)(s|min)$/.exec(setting(name)) ?? [];
  return Number(count) * (unit === "min" ? 60_000 : 1_000);
}

Deno.test("systemd gives the agent more time to end than it gives itself", () => {
  assert(milliseconds("TimeoutStopSec") >= 2 * DRAIN_LIMIT_MS);
});

Deno.test("systemd hears of the agent, and waits longer than a pause between two passes", () => {
  assertEquals([setting("Type"), setting("NotifyAccess")], ["notify", "main"]);
  // The agent speaks up after half of it, at the next pass that is over.
  assert(milliseconds("WatchdogSec") / 2 > 2 * passInterval(1, 60_000));
});

Deno.test("A watchdog and a crash start the agent anew, a wrong configuration does not", () => {
  assertEquals(setting("Restart"), "on-failure");
  assertEquals(
    setting("RestartPreventExitStatus"),
    `${EXIT.usage} ${EXIT.refused}`,
  );
});
