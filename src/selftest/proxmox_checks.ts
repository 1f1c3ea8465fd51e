import type { Clock } from "../clock.ts";
import { ApiError, type Preflight, type Reads, type Version } from "../proxmox/mod.ts";
import type { Check, Finding } from "./check.ts";
import { judgePreflight } from "./check_permissions.ts";
import { duration, size } from "./units.ts";

/** What the checks are held against. */
export interface Expected {
  /** `https://127.0.0.1:8006`, for messages. */
  readonly endpoint: string;
  /** How the certificate is judged. */
  readonly trust: "fingerprint" | "ca" | "insecure";
  /** `user@realm!name` */
  readonly token: string;
  readonly node: string;
  readonly managedVmids: { readonly first: number; readonly last: number };
  /** The storages the agent uses; when none is named, all are looked at. */
  readonly storages: readonly string[];
  /** Keys of the configuration that name nothing whose rights could be checked. */
  readonly unnamed: readonly string[];
}

/** The reads that the self-test makes. All of them are GET. */
export type SelftestReads =
  & Pick<
    Reads,
    "version" | "nodes" | "nodeStatus" | "guests" | "storages" | "nodeTime"
  >
  & { preflight(): Promise<Preflight> };

/** The checks that ask Proxmox, in the order in which they build on each other. */
export function proxmoxChecks(reads: SelftestReads, expected: Expected, clock: Clock): Check[] {
  // Connecting and authenticating are one call, and a refused token costs 3 s (FACTS §1.1).
  let asked: Promise<Version> | undefined;
  const version = () => asked ??= reads.version();
  return [
    { name: "endpoint", needs: [], run: () => checkEndpoint(version, expected) },
    { name: "token", needs: ["endpoint"], run: () => checkToken(version, expected) },
    { name: "version", needs: ["token"], run: () => checkVersion(version) },
    { name: "node", needs: ["token"], run: () => checkNode(reads, expected) },
    { name: "node status", needs: ["node"], run: () => checkNodeStatus(reads) },
    { name: "clock", needs: ["token"], run: () => checkClock(reads, clock) },
    { name: "guests", needs: ["node"], run: () => checkGuests(reads, expected) },
    { name: "storages", needs: ["node"], run: () => checkStorages(reads, expected) },
    {
      name: "permissions",
      // What is missing on a node that does not exist is no advice.
      needs: ["node"],
      run: async () => judgePreflight(await reads.preflight(), expected.unnamed),
    },
  ];
}

/** Any answer of the API proves the connection; whether it liked the token is the next check. */
async function checkEndpoint(
  version: () => Promise<Version>,
  { endpoint, trust }: Expected,
): Promise<Finding> {
  try {
    await version();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  if (trust === "insecure") {
    return {
      status: "warning",
      detail: `${endpoint} answers, and its certificate is not checked at all`,
      hint: "Set proxmox.tls.fingerprint.",
    };
  }
  const how = trust === "ca" ? "verifies against the configured CA" : "is the pinned one";
  return { status: "ok", detail: `${endpoint} answers, and its certificate ${how}` };
}

async function checkToken(
  version: () => Promise<Version>,
  { token }: Expected,
): Promise<Finding> {
  await version();
  return { status: "ok", detail: `Proxmox accepts ${token}` };
}

/** The API that the client was written against. */
const MAJOR = "9";

async function checkVersion(version: () => Promise<Version>): Promise<Finding> {
  const { version: found, release } = await version();
  if (found.split(".")[0] === MAJOR) return { status: "ok", detail: `Proxmox VE ${found}` };
  return {
    status: "warning",
    detail: `Proxmox VE ${found} (release ${release}); the agent is made for ${MAJOR}.x`,
    hint: "Expect differences; see the release notes before you rely on it.",
  };
}

async function checkNode(reads: SelftestReads, { node }: Expected): Promise<Finding> {
  const nodes = await reads.nodes();
  const found = nodes.find((row) => row.node === node);
  if (found === undefined) {
    return {
      status: "failed",
      code: "proxmox.missing",
      detail: `There is no node ${node}; there is ${nodes.map((row) => row.node).join(", ")}`,
      hint: "Set proxmox.node to the name of this host (see: hostname).",
    };
  }
  if (found.status === "online") return { status: "ok", detail: `${node} is online` };
  return {
    status: "failed",
    code: "proxmox.state",
    detail: `${node} is ${found.status}`,
    hint: "Just after a restart this passes; else see: systemctl status pve-cluster pvestatd.",
  };
}

async function checkNodeStatus(reads: SelftestReads): Promise<Finding> {
  const { uptime, memory, loadavg, cpuinfo } = await reads.nodeStatus();
  const parts = [
    `up ${duration(uptime)}`,
    `memory ${percent(memory.used, memory.total)} of ${size(memory.total)} used`,
  ];
  const load = loadavg?.[1];
  if (load !== undefined) {
    parts.push(`load ${load.toFixed(2)}${cpuinfo === undefined ? "" : ` on ${cpuinfo.cpus} CPUs`}`);
  }
  return { status: "ok", detail: parts.join(", ") };
}

/** The design blocks signed work when the clock is off by minutes (DESIGN §5). */
const CLOCK_WARNING_S = 5;
const CLOCK_FAILURE_S = 300;

async function checkClock(reads: SelftestReads, clock: Clock): Promise<Finding> {
  const before = clock.now();
  const node = await reads.nodeTime();
  // The answer was made between these two, and names whole seconds.
  const after = clock.now();
  const offset = node * 1000 > after
    ? node * 1000 - after
    : Math.min(0, (node + 1) * 1000 - before);
  const seconds = Math.round(Math.abs(offset) / 1000);
  if (seconds < CLOCK_WARNING_S) {
    return { status: "ok", detail: "This clock and the node's agree within seconds" };
  }
  return {
    status: seconds > CLOCK_FAILURE_S ? "failed" : "warning",
    detail: `The node's clock is ${duration(seconds)} ${
      offset > 0 ? "ahead of" : "behind"
    } this one`,
    hint: "Check the time on both: timedatectl status; Proxmox uses chrony.",
  };
}

async function checkGuests(
  reads: SelftestReads,
  { managedVmids: { first, last } }: Expected,
): Promise<Finding> {
  const guests = await reads.guests();
  const managed = guests.filter(({ vmid }) => first <= vmid && vmid <= last);
  const running = managed.filter(({ status }) => status === "running").length;
  return {
    status: "ok",
    detail: `${count(guests.length, "guest")} visible, ${managed.length} of them managed ` +
      `(${first} to ${last}), ${running} of these running`,
  };
}

async function checkStorages(
  reads: SelftestReads,
  { storages: used }: Expected,
): Promise<Finding> {
  const storages = await reads.storages();
  const known = new Set(storages.map(({ storage }) => storage));
  const missing = used.filter((name) => !known.has(name));
  const inactive = storages.filter(({ active, enabled }) => enabled !== false && active !== true)
    .map(({ storage }) => storage);
  const usedInactive = inactive.filter((name) => used.includes(name));
  const usedDisabled = storages.filter(({ storage, enabled }) =>
    enabled === false && used.includes(storage)
  ).map(({ storage }) => storage);
  const problems = [
    ...missing.map((name) => `${name} does not exist or may not be seen`),
    ...usedDisabled.map((name) => `${name} is disabled`),
    ...usedInactive.map((name) => `${name} is not active`),
  ];
  if (problems.length > 0) {
    return {
      status: "failed",
      code: "proxmox.storage",
      detail: problems.join(", "),
      hint: "See proxmox.storages in the configuration, and on the host: pvesm status.",
    };
  }
  if (storages.length === 0) {
    return {
      status: "failed",
      code: "proxmox.storage",
      detail: "No storage can be seen",
      hint: "Grant Datastore.Audit and Datastore.AllocateSpace on the storages that are used.",
    };
  }
  if (inactive.length > 0) {
    return {
      status: "warning",
      detail: `Not active: ${inactive.join(", ")}`,
      hint: "On the host: pvesm status. A storage that hangs makes every call slow.",
    };
  }
  const named = used.length > 0 ? used : storages.map(({ storage }) => storage);
  return { status: "ok", detail: `Active: ${named.join(", ")}` };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0%" : `${Math.round(part / whole * 100)}%`;
}
