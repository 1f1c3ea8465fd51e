/**
 * The command line of the simulator: `deno task sim`. Prints one line of JSON (see `Announcement`
 * in `spawn.ts`), then the same for people, and runs until SIGTERM, SIGINT or, with
 * `--with-parent`, the end of its standard input.
 *
 * Needs `--allow-net=127.0.0.1`.
 */
import { parseArgs } from "@std/cli/parse-args";
import { serveAdmin } from "./admin.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "./mod.ts";
import { type ScenarioName, SCENARIOS } from "./pve/scenarios.ts";
import type { Announcement } from "./spawn.ts";
import { CERTIFICATE_KINDS, type LatencyProfile } from "./wire/mod.ts";

const HELP = `A Proxmox VE 9.2 host to talk to, on a port of 127.0.0.1.

Usage: deno task sim [options]

  --scenario NAME    what the host holds: ${Object.keys(SCENARIOS).join(", ")} (default: default)
  --guests N         scenario large with N guests
  --seed N           decides everything that is left to chance (default: 1)
  --time-scale X     every wait is X times as short (default: 1)
  --task-ms N        every task takes N ms at least, before scaling (default: 0)
  --latency L        none, measured (as on a real host of two cores) or milliseconds (default: none)
  --cert KIND        ${CERTIFICATE_KINDS.join(", ")} (default: ca)
  --port N           port of the API (default: any free one)
  --admin N          port of the admin face (default: any free one)
  --with-parent      end when standard input ends
  --help             this text
`;

interface Command {
  readonly simulator: SimulatorOptions;
  readonly adminPort: number;
  readonly withParent: boolean;
}

/** A command line that cannot be followed. */
class UsageError extends Error {}

function parseCommand(args: readonly string[]): Command | "help" {
  const parsed = parseArgs(args, {
    boolean: ["help", "with-parent"],
    string: [
      "scenario",
      "guests",
      "seed",
      "time-scale",
      "task-ms",
      "latency",
      "cert",
      "port",
      "admin",
    ],
    unknown: (argument) => {
      throw new UsageError(`Unknown argument "${argument}"`);
    },
  });
  if (parsed.help === true) return "help";
  const number = (name: string, least: number, most = Infinity) => {
    const text = parsed[name];
    if (typeof text !== "string") return undefined;
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
    throw new UsageError(`Cannot use --${name} "${text}": expected a number ${range}`);
  };
  const integer = (name: string, most: number) => {
    const value = number(name, 0, most);
    if (value === undefined || Number.isInteger(value)) return value;
    throw new UsageError(`Cannot use --${name} "${value}": expected a whole number`);
  };
  const choice = <T extends string>(name: string, allowed: readonly T[]) => {
    const text = parsed[name];
    if (text === undefined) return undefined;
    const chosen = allowed.find((one) => one === text);
    if (chosen !== undefined) return chosen;
    throw new UsageError(`Cannot use --${name} "${text}": expected ${allowed.join(", ")}`);
  };
  const given = {
    seed: integer("seed", 2 ** 32 - 1),
    scenario: choice("scenario", Object.keys(SCENARIOS).filter(isScenario)),
    guests: integer("guests", 100_000),
    timeScale: number("time-scale", 0.001),
    taskMs: number("task-ms", 0),
    latency: latency(parsed.latency) ?? number("latency", 0),
    certificate: choice("cert", CERTIFICATE_KINDS),
    port: integer("port", 65_535),
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    simulator: { keyType: "rsa", ...Object.fromEntries(present) },
    adminPort: integer("admin", 65_535) ?? 0,
    withParent: parsed["with-parent"] === true,
  };
}

function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}

function latency(text: unknown): LatencyProfile | undefined {
  return text === "none" || text === "measured" ? text : undefined;
}

/** Resolves when the simulator is to end. */
function untilEnd(withParent: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => resolve());
  }
  if (withParent) Deno.stdin.readable.pipeTo(new WritableStream()).then(resolve, () => resolve());
  return promise;
}

function announce(simulator: Simulator, { command, admin }: {
  readonly command: Command;
  readonly admin: Announcement["admin"];
}): void {
  const { tls, wire, pve } = simulator;
  const { seed = 1, timeScale = 1, guests } = command.simulator;
  const line: Announcement = {
    endpoint: simulator.endpoint,
    port: wire.port,
    node: pve.world.node.name,
    token: simulator.token,
    fingerprint: tls.fingerprint,
    ca: tls.ca,
    admin,
    seed,
    time_scale: timeScale,
    scenario: command.simulator.scenario ?? (guests === undefined ? "default" : "large"),
    pid: Deno.pid,
  };
  print(`${JSON.stringify(line)}

Proxmox VE simulator: node ${line.node}, scenario ${line.scenario}, seed ${line.seed}
  endpoint     ${line.endpoint}
  token        ${line.token}
  fingerprint  ${line.fingerprint}
  admin        ${admin.url} (Authorization: Bearer ${admin.secret})
${line.ca}`);
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function run(command: Command): Promise<number> {
  const end = untilEnd(command.withParent);
  await using simulator = await startSimulator(command.simulator);
  const secret = crypto.randomUUID();
  const admin = serveAdmin(simulator, { secret, port: command.adminPort });
  announce(simulator, { command, admin: { url: admin.url, secret } });
  await end;
  await admin.stop();
  const { crashes } = simulator.wire.report();
  if (crashes.length === 0) return 0;
  complain(`The simulator crashed:\n${crashes.join("\n")}`);
  return 1;
}

async function main(): Promise<number> {
  let command: Command | "help";
  try {
    command = parseCommand(Deno.args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`${error.message}\nTry --help.`);
    return 2;
  }
  if (command === "help") {
    print(HELP.trimEnd());
    return 0;
  }
  try {
    return await run(command);
  } catch (error) {
    complain(`Cannot run the simulator: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

Deno.exit(await main());
