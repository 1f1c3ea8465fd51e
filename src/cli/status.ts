import type { Clock } from "../clock.ts";
import { ConfigError, loadSettings, systemSources } from "../config/mod.ts";
import { type StatusDocument, statusDocument } from "../daemon/status.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { readState, type Shortage, SHORTAGE_WORDS } from "../state/mod.ts";
import { storageRows } from "./status_storages.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { askFor, findSocket } from "./daemon_link.ts";
import { type OfflineStatus, offlineStatus } from "./offline.ts";
import { renderError } from "./render_error.ts";
import { renderTable } from "./table.ts";

/**
 * Asks the running daemon how it is. Exit code 1 when it cannot read its host; 3 when none runs, and
 * then what the state on the disk tells.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  let status: StatusDocument;
  try {
    status = await askStatus(await findSocket(options.config, clock), clock);
  } catch (error) {
    if (!(error instanceof FelhomError) || error.code !== "control.unreachable") throw error;
    const state = await readOffline(invocation);
    if (state === undefined) throw error;
    const { exit, human, json } = renderError(error);
    if (options.json) {
      output.writeJson({ version: 1, error: json, state });
    } else {
      output.write(renderTable(TITLES, offlineRows(state)));
      output.writeError(human);
    }
    return exit;
  }
  if (options.json) output.writeJson({ version: 1, ...status });
  else output.write(renderTable(TITLES, rows(status, clock.now())));
  return status.engine.failing > 0 ? EXIT.failed : EXIT.ok;
}

const TITLES = [{ title: "daemon" }, { title: "" }];

/** Undefined where there is no state yet, or the configuration cannot tell where it is. */
async function readOffline({ options, clock }: Invocation): Promise<OfflineStatus | undefined> {
  try {
    const { settings } = await loadSettings(systemSources(clock, options.config));
    return readState(settings.state.directory, (state) => offlineStatus(state, clock.now()));
  } catch (error) {
    const absent = error instanceof ConfigError ||
      (error instanceof FelhomError && error.code === "state.absent");
    if (absent) return undefined;
    // What keeps the state from being read may well be why no daemon runs.
    throw error;
  }
}

function offlineRows(state: OfflineStatus): string[][] {
  const { startedAt, quarantined } = state;
  return [
    ["daemon", "does not run; this is what the state on the disk tells"],
    ["instance", state.instance],
    ["last started", startedAt === null ? "never" : new Date(startedAt).toISOString()],
    ["revision", state.revision ?? "none was applied"],
    ["in quarantine", quarantined.length === 0 ? "no guest" : quarantined.join(", ")],
    ["unfinished", `${state.unfinished} operations`],
    ["pending", `${state.pending} wait for a signature`],
    ...(state.doubt === null ? [] : [["doubt", `${state.doubt} (see: state ack)`]]),
  ];
}

/**
 * Asks for the daemon's status.
 *
 * @throws {FelhomError} `control.unreachable`, `control.protocol`
 */
export function askStatus(socket: string, clock: Clock): Promise<StatusDocument> {
  return askFor(socket, { question: { op: "status" }, schema: statusDocument, clock });
}

/** The status for people, a line each. */
export function rows(status: StatusDocument, now: number): string[][] {
  const ago = (at: number) => `${new Date(at).toISOString()} (${age(now - at)} ago)`;
  const { proxmox, engine: { lastPass, lastError, ...engine } } = status;
  return [
    ["agent", status.agent],
    ["process", String(status.pid)],
    ["instance", status.instance],
    ...status.signers.map(signersRow),
    ["running since", ago(status.startedAt)],
    ["sealed since", ago(status.sealedAt)],
    ...status.seals.flatMap(({ isolate, probes, removed, held }) => [
      [
        isolate,
        `${
          probes.filter(({ verdict }) => verdict === "denied").length
        } of ${probes.length} probes ` +
        `denied, ${removed.length} globals deleted`,
      ],
      ...Object.entries(held).filter(([, entries]) => entries.length > 0)
        .map(([right, entries]) => [`  may ${right}`, entries.join(", ")]),
    ]),
    ["proxmox", `${proxmox.endpoint}, node ${proxmox.node}, as ${proxmox.token}`],
    ["engine", engine.phase],
    ["passes", `${engine.passes}, ${engine.failing} failed since the last good one`],
    ...(lastPass === null ? [["last pass", "none yet"]] : [
      ["last pass", `${ago(lastPass.at)}, took ${lastPass.tookMs} ms`],
      ["  guests", `${lastPass.guests.total}, ${lastPass.guests.running} running`],
      ["  desired", `${lastPass.guests.desired}, ${lastPass.planned} steps planned`],
      ["  done", `${lastPass.executed} since the start, ${lastPass.failed} failed`],
      ...lastPass.errors.map((error) => ["  unread", error]),
    ]),
    ["queue", `${engine.queued} waiting, at work on ${engine.busy.join(", ") || "nothing"}`],
    ...(engine.unknown === 0 ? [] : [["unknown", `${engine.unknown} operations: see journal`]]),
    ...(engine.doubt === null ? [] : [["doubt", `${engine.doubt} (see: state ack)`]]),
    ...shortageRows(engine.shortage),
    ...storageRows(engine.capacity, ago),
    ...(lastError === null ? [] : [
      ["last error", `${ago(lastError.at)}: ${lastError.message} (${lastError.code})`],
      ...(lastError.hint === undefined ? [] : [["  what to do", lastError.hint]]),
    ]),
  ];
}

function shortageRows(shortage: Shortage | null): string[][] {
  if (shortage === null) return [];
  const { why, toDo, signedBegins } = SHORTAGE_WORDS[shortage];
  const begins = signedBegins ? "nothing begins but what is signed" : "nothing new begins";
  return [["room", `${why}: ${begins}`], ["  what to do", toDo]];
}

/** Below a rotation's set, a floor lets a state that is put back bring the replaced keys back. */
function signersRow(
  { role, sequence, floor, rotated }: StatusDocument["signers"][number],
): string[] {
  const behind = rotated && floor < sequence
    ? `; warning: an older state may bring removed keys back. Write ${sequence} into ` +
      `operations.signers_floor.${role}`
    : "";
  return [`signers, ${role}`, `set ${sequence}, floor ${floor}${behind}`];
}

/** `17 s`, `5 min`, `3 h`, `12 d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
