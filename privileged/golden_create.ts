import { containerCommands } from "./commands.ts";
import { Refusal } from "./helper_errors.ts";
import type { Ran } from "./programs.ts";
import type { Host } from "./host.ts";
import { lastLine } from "./last_line.ts";
import type { Params, Result } from "./protocol.ts";

/** Flags of the golden image: nesting and keyctl are what Docker in the guests needs. */
const FEATURES = ["nesting=1", "keyctl=1"];

type ContainerConfig = Readonly<Record<string, string>>;

/**
 * Makes the container that becomes the golden image: unprivileged, with the keyctl flag that no
 * API token may set (FACTS §3.3), stopped, without a network.
 *
 * `pct create` itself refuses a VMID that is taken anywhere in the cluster, under its own lock; the
 * look beforehand only gives the clearer answer.
 *
 * @throws {Refusal} `out_of_range`, `exists`, `time_limit`, `program_failed`, `unverified`
 */
export async function createGolden(
  params: Params<"golden.create">,
  { programs, vmids }: Host,
): Promise<Result<"golden.create">> {
  const vmid = String(params.vmid);
  if (vmids === null) {
    throw new Refusal("out_of_range", "The helper's unit names no VMIDs (--vmids FIRST-LAST)");
  }
  if (params.vmid < vmids.first || params.vmid > vmids.last) {
    throw new Refusal(
      "out_of_range",
      `VMID ${vmid} is not within ${vmids.first} to ${vmids.last}, which the helper's unit names`,
    );
  }
  const commands = containerCommands(vmids);
  const readConfig = async () => understandConfig(await programs.asRoot(commands.config, { vmid }));

  if (await readConfig() !== null) throw new Refusal("exists", `Container ${vmid} exists already`);
  const ran = await programs.asRoot(commands.create, {
    vmid,
    template: params.template,
    storage: params.rootfs.storage,
    gib: String(params.rootfs.gib),
    hostname: params.hostname,
    cores: String(params.cores),
    memory: String(params.memory),
  });
  const config = await readAfter(readConfig, vmid);
  throwIfFailed(ran, { vmid, config });
  const flaw = config === null ? "it does not exist" : flawOf(config, params);
  if (config === null || flaw !== null) {
    throw new Refusal("unverified", `pct reports success for container ${vmid}, but ${flaw}`, {
      changed: "maybe",
    });
  }
  return { vmid: params.vmid, config };
}

/**
 * The container's configuration from `pct config`, or null when there is no such container here.
 *
 * @throws {Refusal} `time_limit`, `program_failed`, `program_garbage`
 */
function understandConfig(ran: Ran): ContainerConfig | null {
  if (ran.timedOut) throw new Refusal("time_limit", "pct config did not end");
  if (ran.overflowed) throw new Refusal("program_garbage", "pct config said too much");
  if (ran.code === 0) return parseConfig(ran.stdout);
  // FACTS §3.2: the text for a container that does not exist, or is on another node.
  if (/Configuration file '[^']*' does not exist/.test(ran.stderr)) return null;
  throw new Refusal("program_failed", `pct config failed: ${lastLine(ran)}`);
}

/** `pct config` prints `key: value` lines; a raw `lxc.*` key may come more than once. */
export function parseConfig(text: string): ContainerConfig {
  const config: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, key, value] = line.match(/^([A-Za-z][A-Za-z0-9_.-]*): (.*)$/) ?? [];
    if (key !== undefined && value !== undefined) config[key] = value;
  }
  if (Object.keys(config).length === 0) {
    throw new Refusal("program_garbage", "pct config printed no configuration");
  }
  return config;
}

/** What `pct create` left behind; a failure to look does not hide what may have changed. */
async function readAfter(
  readConfig: () => Promise<ContainerConfig | null>,
  vmid: string,
): Promise<ContainerConfig | null> {
  try {
    return await readConfig();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("unverified", `Cannot tell what became of ${vmid}: ${error.message}`, {
      changed: "maybe",
    });
  }
}

function throwIfFailed(
  ran: Ran,
  { vmid, config }: { readonly vmid: string; readonly config: ContainerConfig | null },
): void {
  const state = config === null
    ? "does not exist now"
    : config.lock === undefined
    ? "exists now"
    : `exists now with lock "${config.lock}"`;
  if (ran.timedOut) {
    throw new Refusal("time_limit", `pct create did not end; container ${vmid} ${state}`, {
      changed: "maybe",
    });
  }
  if (ran.code === 0) return;
  // FACTS §3.4: taken, on whichever node, by a container or a VM. Nothing was touched.
  if (/(?:CT|VM) \d+ already exists on node/.test(ran.stderr)) {
    throw new Refusal("exists", `VMID ${vmid} is taken: ${lastLine(ran)}`);
  }
  throw new Refusal("program_failed", `pct create failed: ${lastLine(ran)}; it ${state}`, {
    // What a signal ended had no time to clean up.
    changed: config === null && ran.code !== null ? "no" : "maybe",
  });
}

/** In which way a created container is not what was asked for, or null. */
function flawOf(config: ContainerConfig, params: Params<"golden.create">): string | null {
  if (config.lock !== undefined) return `it carries the lock "${config.lock}"`;
  if (config.unprivileged !== "1") return "it is not unprivileged";
  const features = config.features?.split(",") ?? [];
  const missing = FEATURES.find((feature) => !features.includes(feature));
  if (missing !== undefined) return `it lacks the feature ${missing}`;
  if (config.hostname !== params.hostname) return `its hostname is "${config.hostname}"`;
  if (config.cores !== String(params.cores)) return `it has ${config.cores} cores`;
  if (config.memory !== String(params.memory)) return `it has ${config.memory} MiB of memory`;
  if (!config.rootfs?.startsWith(`${params.rootfs.storage}:`)) {
    return `its root volume is "${config.rootfs}"`;
  }
  return null;
}
