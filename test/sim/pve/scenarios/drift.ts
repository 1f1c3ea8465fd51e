import { withOptions } from "../world/config_change.ts";
import { withPending } from "../world/config_change.ts";
import { halt } from "../world/power.ts";
import { defaultScenario } from "./default.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";

/**
 * The default host after somebody was at it by hand: memory and cores changed, a guest stopped,
 * one started, an option waiting for a restart, a lock left behind, a network cable pulled.
 */
export function driftScenario(options: ScenarioOptions): Scenario {
  const scenario = defaultScenario(options);
  const { world } = scenario;
  const web = world.guest(201);
  web.config = withOptions(web.config, { memory: "3072", tags: "customer" });
  const db = world.guest(202);
  db.config = withPending(db.config, new Map([["nameserver", "9.9.9.9"]]), new Set());
  halt(world, 210);
  const files = world.guest(220);
  files.config = withOptions(files.config, {
    net0: `${files.config.options.get("net0") ?? ""},link_down=1`.replace(
      ",type=veth,link_down=1",
      ",link_down=1,type=veth",
    ),
  });
  world.setLock(230, "backup");
  return scenario;
}
