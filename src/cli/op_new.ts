import { type ActionKind, readAction } from "../action/mod.ts";
import {
  draftDocument,
  type HostFacts,
  kindOfOperation,
  lifetimeOf,
  type LiveTarget,
  makeNonce,
  OPERATIONS,
  targetOf,
} from "../authz/mod.ts";
import type { Clock } from "../clock.ts";
import { type Config, loadConfig, systemSources } from "../config/mod.ts";
import { nearest } from "../config/nearest.ts";
import { hostFacts } from "../daemon/host_facts.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { type GuestMark, identityDigest, liveIdentity, readIdentity } from "../gate/mod.ts";
import { parseVmid } from "../proxmox/vmid.ts";
import type { GuestTarget } from "../selftest/mod.ts";
import { readState } from "../state/mod.ts";
import { askProxmox, clientSetup } from "./ask_proxmox.ts";
import type { ExitCode, Invocation, OperationOptions, Options } from "./command.ts";
import { readInput } from "./read_input.ts";
import { signingLines } from "./signing_line.ts";

const LARGEST_SIGNERS = 12 * 1024;
const USUAL_MINUTES = 60;

/**
 * Makes the document of an operation: to stdout, the line that signs it to stderr. What the document
 * says of the guest is read from the host now, so that what is signed is what is there.
 */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  const { operation = {} } = options;
  const kind = readKind(operation.op);
  const vmid = readVmid(kind, operation.vmid);
  const given = readParams(operation.param ?? []);
  const config = await loadConfig(systemSources(clock, options.config));
  // Before the client is started: it takes every right away.
  const { facts, made } = readState(config.state.directory, (state) => ({
    facts: hostFacts(config, state, clock.now()),
    made: vmid === null ? null : state.guests.get(vmid) ?? null,
  }));
  const rotation = kind === "signers.rotate" ? await rotationParams(given, facts) : {};
  const live = vmid === null || targetOf(kind) === "free"
    ? undefined
    : await readGuest(vmid, config, { options, clock });
  const params = { ...given, ...rotation, ...snapshotTime(kind, given, live) };
  const read = readAction({ kind, guest: vmid, params });
  if (!read.ok) throw usage(read.message, "See: felhom-agent help op new");
  const document = draftDocument({ action: read.action, target: targetFrom(vmid, live, made) }, {
    host: facts.host,
    instance: facts.instance,
    nonce: makeNonce(facts.now, crypto.getRandomValues(new Uint8Array(10))),
    at: facts.now,
    lifetime: readMinutes(operation, lifetimeOf(read.action, facts)) * 60_000,
    reason: operation.reason ?? required("--reason TEXT"),
  });
  output.write(document);
  output.writeError(signingLines());
  return EXIT.ok;
}

function readKind(name: string | undefined): ActionKind {
  const kind = kindOfOperation(name ?? required("--op NAME"));
  if (kind !== undefined) return kind;
  const meant = nearest(name ?? "", OPERATIONS);
  throw usage(
    `There is no operation "${name}" to be signed`,
    meant === undefined ? `There is: ${OPERATIONS.join(", ")}` : `Did you mean ${meant}?`,
  );
}

function readVmid(kind: ActionKind, text: string | undefined): number | null {
  const isOfHost = targetOf(kind) === "host";
  if (isOfHost && text !== undefined) throw usage(`${kind} is about no guest`, "Leave --vmid out.");
  if (isOfHost) return null;
  return parseVmid(text ?? required("--vmid N"));
}

function readMinutes({ minutes }: OperationOptions, longest: number): number {
  const most = longest / 60_000;
  const value = minutes === undefined ? Math.min(USUAL_MINUTES, most) : Number(minutes);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw usage(`Cannot make a document valid for "${minutes}" minutes`, `From 1 to ${most}.`);
}

/** `purge=true` is a flag, `snapshot=before` a text, `backups=["…"]` a list. */
function readParams(given: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(given.map((text) => {
    const [, key, value] = /^([a-z_]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw usage(`Cannot read the parameter "${text}"`, "Write it as --param KEY=VALUE.");
    }
    return [key, jsonOrText(value)];
  }));
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

async function rotationParams(
  { role }: Readonly<Record<string, unknown>>,
  { signers }: HostFacts,
): Promise<Readonly<Record<string, unknown>>> {
  if (role !== "operational" && role !== "recovery") {
    throw usage("Nothing says whose signers are replaced", "Add --param role=operational.");
  }
  const { sequence, signers: { digest } } = signers[role];
  const text = await readInput(
    LARGEST_SIGNERS,
    "felhom-agent op new --op signers.rotate --param role=operational … < new-signers",
  );
  return { sequence: sequence + 1, replaces: digest, signers: new TextDecoder().decode(text) };
}

async function readGuest(
  vmid: number,
  config: Config,
  { options, clock }: { readonly options: Options; readonly clock: Clock },
): Promise<GuestTarget> {
  const job = { kind: "target", setup: clientSetup(config, options.logLevel), vmid } as const;
  let target: GuestTarget | undefined;
  for await (const message of askProxmox(config, job, clock)) {
    if (message.kind === "target") target = message.target;
  }
  if (target !== undefined) return target;
  throw new FelhomError("proxmox.missing", `There is no guest ${vmid} on this node`, {
    hint: "See: felhom-agent guests",
  });
}

/** A snapshot is named by its time, too; nobody has to look that up. */
function snapshotTime(
  kind: ActionKind,
  given: Readonly<Record<string, unknown>>,
  live: GuestTarget | undefined,
): { readonly taken_at?: number } {
  if (kind !== "guest.rollback" && kind !== "guest.delete_snapshot") return {};
  if (given["taken_at"] !== undefined) return {};
  const found = live?.snapshots.find(({ name }) => name === given["snapshot"]);
  if (found?.snaptime !== undefined) return { taken_at: found.snaptime };
  throw usage(
    `The guest has no snapshot "${String(given["snapshot"])}"`,
    `It has: ${live?.snapshots.map(({ name }) => name).join(", ") || "none"}`,
  );
}

function targetFrom(
  guest: number | null,
  live: GuestTarget | undefined,
  made: GuestMark | null,
): LiveTarget {
  if (live === undefined) return { guest, name: null, identity: null };
  const parts = readIdentity(live.configs);
  const identity = parts.volumes.length === 0 ? null : identityDigest(liveIdentity(parts, made));
  return { guest, name: live.name, identity };
}

function required(option: string): never {
  throw usage(`The command op new needs ${option}`, "See: felhom-agent help op new");
}

function usage(message: string, hint: string): FelhomError {
  return new FelhomError("usage.invalid", message, { hint });
}
