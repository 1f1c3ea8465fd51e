import { assertEquals } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { daemonSetup } from "../../src/daemon/setup.ts";
import { goodConfig, memorySources } from "../config/memory_sources.ts";

const HELPER = "unix:/run/felhom-privileged/helper.sock";

for (const [mode, reaches] of [["socket", true], ["direct", true], ["off", false]] as const) {
  Deno.test(`with privileged.mode ${mode} the daemon ${reaches ? "may" : "may not"} reach the helper`, async () => {
    const config = await loadConfig(memorySources(goodConfig({ privileged: { mode } })));
    const surroundings = { version: "0.0.0", notifySocket: undefined, terminal: false };
    const { rights } = daemonSetup(config, surroundings);
    const { net } = rights.sealed;
    assertEquals(Array.isArray(net) && net.includes(HELPER), reaches);
  });
}
