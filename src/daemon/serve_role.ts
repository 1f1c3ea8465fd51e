import { serveClient } from "../selftest/serve_client.ts";
import { receiveRole } from "./fenced_worker.ts";
import { sealClient } from "./seal_client.ts";
import { serveDaemon } from "./serve_daemon.ts";
import type { ServeRoleOptions } from "./serve_options.ts";
import { stderrSink } from "./log_sinks.ts";

/** Inside a Worker: does what it was started for. */
export async function serveRole(options: ServeRoleOptions = {}): Promise<void> {
  const { role, port } = await receiveRole();
  switch (role) {
    case "daemon":
      return await serveDaemon(port, options);
    case "client":
      if (await sealClient(port, options)) {
        await serveClient(port, { sink: stderrSink, random: () => Math.random() });
      }
      return;
    default:
      role satisfies never;
  }
}
