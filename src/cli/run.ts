import { loadConfig, systemSources } from "../config/mod.ts";
import { freeBytes } from "../daemon/free_bytes.ts";
import { untilTold } from "../daemon/signals.ts";
import { startAgent } from "../daemon/start_agent.ts";
import { watchdogMs } from "../daemon/watchdog.ts";
import { EXIT } from "../errors.ts";
import { createLogger } from "../log/create_logger.ts";
import { VERSION } from "../version.ts";
import type { ExitCode, Invocation } from "./command.ts";

/** Runs the daemon until the process is told to end. Log lines go to stdout. */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const signal = untilTold();
  const loaded = await loadConfig(systemSources(clock, options.config));
  const config = { ...loaded, log: { ...loaded.log, level: options.logLevel ?? loaded.log.level } };
  const terminal = output.width !== undefined;
  const log = createLogger({
    clock,
    sink: { write: (line) => output.write(line) },
    level: config.log.level,
    format: config.log.format !== "auto" ? config.log.format : terminal ? "human" : "json",
    color: output.color.stdout,
  }).child({ component: "main" });
  const agent = await startAgent(config, {
    surroundings: {
      version: VERSION,
      notifySocket: Deno.env.get("NOTIFY_SOCKET"),
      watchdogMs: watchdogMs({
        usec: Deno.env.get("WATCHDOG_USEC"),
        pid: Deno.env.get("WATCHDOG_PID"),
      }, Deno.pid),
      freeBytes: freeBytes(config.state.directory, log),
      terminal,
      color: output.color.stdout,
    },
    log,
    signal,
    clock,
  });
  await agent.ended;
  log.info("Ended");
  return EXIT.ok;
}
