import type { Clock } from "../clock.ts";
import type { Config } from "../config/mod.ts";
import { startFencedClient } from "../daemon/fenced_client.ts";
import { FelhomError } from "../errors.ts";
import type { Level } from "../log/logger.ts";
import {
  type ClientJob,
  type ClientMessage,
  clientMessage,
  type ClientSetup,
} from "../selftest/mod.ts";
import { PortReader } from "./port_reader.ts";

/** What the Worker is told of the configuration; the token crosses to it in the clear. */
export function clientSetup(config: Config, level: Level | undefined): ClientSetup {
  const { token, ...rest } = config.proxmox;
  return {
    ...rest,
    token: { id: token.id, text: token.text.expose() },
    // Log lines go to stderr beside the command's own output: only what is wrong, unless asked.
    logLevel: level ?? "warn",
    logFormat: "human",
  };
}

/**
 * Asks Proxmox from a Worker that holds the right to connect to the Proxmox address and no other,
 * and hands on what it says. This isolate holds no right any more once the first message is there.
 *
 * @throws {FelhomError} what the Worker failed with, and `fence.broken`
 */
export async function* askProxmox(
  config: Config,
  job: ClientJob,
  clock: Clock,
): AsyncGenerator<ClientMessage> {
  const start = clock.monotonic();
  using client = await startFencedClient(config, { clock });
  const probes = client.seals.reduce((sum, { probes }) => sum + probes.length, 0);
  yield {
    kind: "check",
    result: {
      name: "fence",
      status: "ok",
      tookMs: Math.round(clock.monotonic() - start),
      detail: `Both isolates are sealed: ${probes} ways out of them were tried, and none is open`,
    },
  };
  const reader = new PortReader(client.port);
  client.port.postMessage(job);
  for (;;) {
    const message = clientMessage.parse(await Promise.race([reader.next(), client.crashed]));
    if (message.kind === "done") return;
    if (message.kind === "failed") throw failed(message);
    yield message;
  }
}

function failed({ code, message, hint }: Extract<ClientMessage, { kind: "failed" }>): FelhomError {
  return new FelhomError(code, message, hint === undefined ? {} : { hint });
}
