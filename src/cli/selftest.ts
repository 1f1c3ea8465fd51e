import type { Config } from "../config/mod.ts";
import { loadConfig, systemSources } from "../config/mod.ts";
import { EXIT, FelhomError } from "../errors.ts";
import {
  type CheckResult,
  hasFailed,
  renderCheck,
  renderCommands,
  renderSummary,
  runChecks,
} from "../selftest/mod.ts";
import { askProxmox, clientSetup } from "./ask_proxmox.ts";
import { describeSource } from "./describe_source.ts";
import { checkDaemon, checkHelper } from "./local_checks.ts";
import type { ExitCode, Invocation } from "./command.ts";

/**
 * Runs every check and shows each as soon as it is done. The part that asks Proxmox runs in a Worker
 * that can reach the Proxmox address and nothing else; nothing is changed anywhere.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  if (options.switches?.task === true) {
    return await (await import("./selftest_task.ts")).run(invocation);
  }
  if (options.operation?.vmid !== undefined) {
    throw new FelhomError("usage.invalid", "The self-test looks at a guest only with --task", {
      hint: "See: felhom-agent help selftest",
    });
  }
  const results: CheckResult[] = [];
  for await (const result of check(invocation)) {
    results.push(result);
    if (!options.json) output.write(renderCheck(result, { color: output.color.stdout }));
  }
  const failed = hasFailed(results);
  if (options.json) output.writeJson({ version: 1, ok: !failed, checks: results });
  else output.write(`${renderCommands(results)}\n${renderSummary(results)}`);
  return failed ? EXIT.failed : EXIT.ok;
}

async function* check({ options, clock }: Invocation): AsyncGenerator<CheckResult> {
  const start = clock.monotonic();
  // A configuration that cannot be used ends the command: exit code 2, with all its problems.
  const config = await loadConfig(systemSources(clock, options.config));
  yield {
    name: "configuration",
    status: "ok",
    tookMs: Math.round(clock.monotonic() - start),
    detail: describeSource(config),
  };
  const job = {
    kind: "selftest",
    setup: clientSetup(config, options.logLevel),
    expected: expected(config),
  } as const;
  // Before the fence is shut: it takes the right to these sockets too.
  yield* runChecks([checkHelper(config, clock), checkDaemon(config, clock)], clock);
  for await (const message of askProxmox(config, job, clock)) {
    if (message.kind === "check") yield message.result;
  }
}

function expected({ proxmox, guests }: Config) {
  const { endpoint, trust, token, node, storages, bridges } = proxmox;
  return {
    endpoint: endpoint.url,
    trust: trust.kind,
    token: token.id,
    node,
    storages,
    unnamed: [
      ...(storages.length === 0 ? ["proxmox.storages"] : []),
      ...(bridges.length === 0 ? ["proxmox.bridges"] : []),
    ],
    managedVmids: guests.managedVmids,
  };
}
