import { addSketch, customerHost } from "./customer_host.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";

/** A provider's host: as many guests as asked for, two of three running. */
export function largeScenario(options: ScenarioOptions): Scenario {
  const scenario = customerHost(options);
  const { world } = scenario;
  for (let index = 0; index < options.guests; index++) {
    const vmid = 200 + index;
    const hours = index % 3 === 2 ? {} : { hours: 1 + index % 500 };
    addSketch(world, {
      vmid,
      name: `customer-${String(index + 1).padStart(4, "0")}`,
      cores: 1 + index % 4,
      memory: 256 << (index % 4),
      disk: 4,
      written: 0.05,
      ...hours,
      options: { tags: "customer;felhom" },
    });
  }
  return scenario;
}
