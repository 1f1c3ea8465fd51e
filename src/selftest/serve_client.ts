import { type Clock, systemClock } from "../clock.ts";
import { Secret } from "../config/mod.ts";
import { FelhomError } from "../errors.ts";
import { createLogger, type LogSink } from "../log/create_logger.ts";
import {
  type CallOptions,
  createReads,
  createTransport,
  type Reads,
  runPreflight,
} from "../proxmox/mod.ts";
import {
  type ClientJob,
  clientJob,
  type ClientMessage,
  type ClientSetup,
  type GuestTarget,
} from "./client_message.ts";
import { proxmoxChecks, type SelftestReads } from "./proxmox_checks.ts";
import { runChecks } from "./run_checks.ts";

export interface ServeClientOptions {
  /** Where log lines go. */
  readonly sink: LogSink;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** Somebody waits at a terminal: less than the client's own patience. */
const CALL: CallOptions = { limitMs: 20_000 };

/**
 * The side of a command that talks to Proxmox: does the one job that comes through the port and
 * says what it found. It holds reads only; nothing here can change anything.
 */
export async function serveClient(port: MessagePort, options: ServeClientOptions): Promise<void> {
  const say = (message: ClientMessage) => port.postMessage(message);
  try {
    const job = clientJob.parse(await firstMessage(port));
    const { clock = systemClock } = options;
    const transport = connect(job, clock, options);
    try {
      for await (const message of work(job, createReads(transport, job.setup), clock)) say(message);
    } finally {
      transport.close();
    }
    say({ kind: "done" });
  } catch (error) {
    say(failure(error));
  }
}

function connect({ setup }: ClientJob, clock: Clock, { sink, random }: ServeClientOptions) {
  const { token, endpoint, trust, logLevel: level, logFormat: format } = setup;
  return createTransport({
    address: endpoint,
    trust,
    token: { id: token.id, text: new Secret(token.text) },
    clock,
    random,
    logger: createLogger({ clock, sink, level, format }),
  });
}

async function* work(job: ClientJob, reads: Reads, clock: Clock): AsyncGenerator<ClientMessage> {
  switch (job.kind) {
    case "selftest":
      for await (
        const result of runChecks(
          proxmoxChecks(limited(reads, job.setup), job.expected, clock),
          clock,
        )
      ) {
        yield { kind: "check", result };
      }
      return;
    case "guests":
      yield { kind: "guests", guests: await reads.guests(CALL) };
      return;
    case "permissions":
      yield { kind: "permissions", preflight: await preflight(reads, job.setup) };
      return;
    case "target":
      yield { kind: "target", target: await readTarget(reads, job.vmid) };
      return;
    default:
      job satisfies never;
  }
}

/** What is under a VMID of this node; `undefined` when nothing is. */
async function readTarget(reads: Reads, number: number): Promise<GuestTarget | undefined> {
  const guests = await reads.guests(CALL);
  const guest = guests.find(({ vmid }) => vmid === number);
  if (guest === undefined) return undefined;
  const { vmid, name = `CT${vmid}` } = guest;
  const configs = [
    await reads.guestConfig(vmid, { ...CALL, live: true }),
    await reads.guestConfig(vmid, CALL),
  ];
  return { name, configs, snapshots: await reads.guestSnapshots(vmid, CALL) };
}

function preflight(reads: Reads, { node, storages, bridges, token }: ClientSetup) {
  return runPreflight(reads, { ...CALL, tokenId: token.id, scope: { node, storages, bridges } });
}

/** The reads of the self-test, each with a limit to its time. */
function limited(reads: Reads, setup: ClientSetup): SelftestReads {
  return {
    version: () => reads.version(CALL),
    nodes: () => reads.nodes(CALL),
    nodeStatus: () => reads.nodeStatus(CALL),
    guests: () => reads.guests(CALL),
    storages: () => reads.storages(CALL),
    nodeTime: () => reads.nodeTime(CALL),
    preflight: () => preflight(reads, setup),
  };
}

function firstMessage(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => {
    port.addEventListener("message", ({ data }) => resolve(data), { once: true });
    port.start();
  });
}

function failure(error: unknown): ClientMessage {
  if (error instanceof FelhomError) return { kind: "failed", ...error.told };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : "Unknown";
  return { kind: "failed", code: "internal.bug", message };
}
