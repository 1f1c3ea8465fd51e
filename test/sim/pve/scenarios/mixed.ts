import { addSketch, customerHost } from "./customer_host.ts";
import { addBackup, addSnapshot } from "./restore_points.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";

/** The container of the golden image, outside of the managed range. */
export const GOLDEN = 199;

/**
 * Guests that are all alike, so that what is done to one can be held against what is done to
 * another: from 200 on, the even ones running and the odd ones stopped, each with a snapshot named
 * `before` and a backup; and a golden image with its container.
 */
export function mixedScenario(options: ScenarioOptions): Scenario {
  const scenario = customerHost(options);
  const { world } = scenario;
  const alike = { cores: 2, memory: 512, disk: 4, written: 0.05 };
  addSketch(world, {
    ...{ vmid: GOLDEN, name: "golden", ...alike },
    options: { onboot: "0", features: "keyctl=1,nesting=1", tags: "felhom;golden" },
  });
  addBackup(world, GOLDEN, { hours: 24 * 30, protected: true, notes: "golden image" });
  for (let index = 0; index < options.guests; index++) {
    const vmid = 200 + index;
    addSketch(world, {
      ...{ vmid, name: `customer-${index + 1}`, ...alike },
      ...(index % 2 === 0 ? { hours: 100 } : {}),
      options: { tags: "customer;felhom" },
    });
    addSnapshot(world, vmid, { name: "before", days: 3 });
    addBackup(world, vmid, { hours: 24, protected: false });
  }
  return scenario;
}
