import { repositoryRoot } from "./repository.ts";

const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));

/**
 * How the agent's bundle is run: as the task `agent` does it, so that no test and no demo shows a
 * fence that a user does not get. Only where the permission set stands is added.
 */
export const AGENT_TASK = partsOf(String(tasks.agent.command));

interface AgentTask {
  readonly env: Readonly<Record<string, string>>;
  /** `run` and its flags, to be followed by the path of the bundle. */
  readonly run: readonly string[];
}

function partsOf(command: string): AgentTask {
  const [, name, value, run] = /^(\w+)=(\w+) deno (run .*) dist\/felhom-agent\.js$/.exec(command) ??
    [];
  if (name === undefined || value === undefined || run === undefined) {
    throw new Error(`Cannot read the task "agent": ${command}`);
  }
  const config = new URL("deno.json", repositoryRoot).pathname;
  return { env: { [name]: value }, run: [...run.split(" "), "--config", config] };
}
