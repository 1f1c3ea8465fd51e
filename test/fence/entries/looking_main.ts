/** The agent's `run`, with a look around from inside the main isolate once everything is sealed. */
import { loadConfig, systemSources } from "../../../src/config/mod.ts";
import { systemClock } from "../../../src/clock.ts";
import { untilTold } from "../../../src/daemon/signals.ts";
import { startAgent } from "../../../src/daemon/start_agent.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { lookAround } from "./attempts.ts";

const signal = untilTold();
const agent = await startAgent(await loadConfig(systemSources(systemClock)), {
  surroundings: {
    version: "test",
    notifySocket: Deno.env.get("NOTIFY_SOCKET"),
    terminal: false,
  },
  log: silentLogger,
  signal,
});
await lookAround("main isolate");
await agent.ended;
Deno.exit(0);
