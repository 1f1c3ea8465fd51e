/** The agent's `run`, in which the seal of the named isolate leaves something out. */
import { renderError } from "../../../src/cli/render_error.ts";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig, systemSources } from "../../../src/config/mod.ts";
import { untilTold } from "../../../src/daemon/signals.ts";
import { startAgent } from "../../../src/daemon/start_agent.ts";
import { SEAL_PARTS } from "../../../src/fence/mod.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { SABOTAGES } from "./sabotage.ts";

const [isolate, sabotage = ""] = Deno.args;
const signal = untilTold();
let exit = 0;
try {
  const agent = await startAgent(await loadConfig(systemSources(systemClock)), {
    surroundings: { version: "test", notifySocket: undefined, terminal: false },
    log: silentLogger,
    signal,
    seal: (isolate === "main isolate" ? SABOTAGES[sabotage] : undefined) ?? SEAL_PARTS,
  });
  await agent.ended;
} catch (error) {
  const rendered = renderError(error);
  Deno.stderr.writeSync(new TextEncoder().encode(rendered.human));
  exit = rendered.exit;
}
Deno.exit(exit);
