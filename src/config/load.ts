import { contradictions } from "./contradictions.ts";
import { FelhomError } from "../errors.ts";
import { parseAuthorities } from "./certificates.ts";
import type { Config, Trust } from "./config.ts";
import { readReseed } from "./read_reseed.ts";
import { readSigners } from "./read_signers.ts";
import type { ConfigSources } from "./sources.ts";
import { applyEnvironment, variableOf } from "./environment.ts";
import { decodeUtf8, isExposed, octal, whyUnreadable } from "./files.ts";
import { findToken } from "./find_token.ts";
import { isList, type JsonObject, JsonSyntaxError, parseJson, valueAt } from "./json.ts";
import { DEFAULT_CONFIG_PATH, liesIn, PLACES, resolvePath } from "./places.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { schemaProblems } from "./schema_problems.ts";

const LARGEST = 256 * 1024;
const TOKEN = "proxmox.token";
const TOKEN_FILE = "proxmox.token_file";
const CA_FILE = "proxmox.tls.ca_file";

/** A configuration of which only the file and the environment were read. */
export interface LoadedSettings {
  readonly path: string;
  readonly settings: Settings;
}

/**
 * Loads the configuration with everything it names: file, environment, token, certificates, and
 * the signers beside it.
 *
 * Needs `--allow-read` on `/etc/felhom-agent` and `/run/credentials/felhom-agent.service`, and
 * `--allow-env` for `FELHOM_AGENT_*` and `CREDENTIALS_DIRECTORY`.
 *
 * @throws {ConfigError} `config.*`, with every problem there is
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { path, tree, settings, problems, missing } = await readSettings(sources);
  const wrong = new Set(problems.map((problem) => problem.path));
  const inline = settings?.proxmox.token;
  // A wrong token or path is reported already; what it stands for is not looked at any more.
  const token = inline !== undefined || valueAt(tree, TOKEN) !== undefined || wrong.has(TOKEN_FILE)
    ? inline
    : await findToken(pathAt(tree, TOKEN_FILE), sources);
  const trust = wrong.has(CA_FILE) || wrong.has("proxmox.tls")
    ? undefined
    : await readTrust(settings, tree, sources);
  const [operational, recovery, reseed] = [
    await readSigners("operational", sources.read),
    await readSigners("recovery", sources.read),
    await readReseed(sources.read),
  ];
  const all = [...problems];
  for (const file of [operational, recovery, reseed]) if ("code" in file) all.push(file);
  if (token !== undefined && "code" in token) all.push(token);
  if (trust !== undefined && "code" in trust) all.push(trust);
  if (
    all.length > 0 || settings === undefined || token === undefined || "code" in token ||
    trust === undefined || "code" in trust || "code" in operational || "code" in recovery ||
    "code" in reseed
  ) {
    throw new ConfigError(path, all, { missing });
  }
  const { proxmox, guests, reconcile, privileged, operations, control, state, log } = settings;
  const { endpoint, node, storages, bridges, vlans, address_prefixes: addressPrefixes } = proxmox;
  return {
    path,
    fileFound: !missing,
    proxmox: { endpoint, node, token, trust, storages, bridges, vlans, addressPrefixes },
    guests: {
      managedVmids: guests.managed_vmids,
      drillVmids: guests.drill_vmids,
      goldenImages: guests.golden_images,
      memoryOvercommit: guests.memory_overcommit,
      overcommit: guests.overcommit,
      startupDelays: guests.startup_delay_minutes * 60,
      quotas: {
        snapshots: guests.most_snapshots,
        backups: guests.most_backups,
        hourly: guests.hourly,
      },
    },
    reconcile: { interval: reconcile.interval_seconds * 1000 },
    privileged,
    operations: {
      thresholds: operations.thresholds,
      longestLifetime: operations.longest_lifetime_minutes * 60_000,
      longestLifetimeDataLoss: operations.longest_lifetime_minutes_data_loss * 60_000,
      signersFloor: operations.signers_floor,
      revokedKeys: new Set(operations.revoked_keys),
      unsignedLifetime: operations.unsigned_lifetime_minutes * 60_000,
    },
    signers: { operational, recovery },
    reseed,
    control,
    state: {
      directory: state.directory,
      ceiling: state.ceiling_mib * 1024 * 1024,
      lasting: state.lasting_days * 24 * 3_600_000,
    },
    log,
  };
}

/**
 * Loads file and environment alone, for commands that need no secret.
 *
 * @throws {ConfigError} as {@linkcode loadConfig}
 */
export async function loadSettings(sources: ConfigSources): Promise<LoadedSettings> {
  const { path, settings, problems, missing } = await readSettings(sources);
  if (settings === undefined || problems.length > 0) {
    throw new ConfigError(path, problems, { missing });
  }
  return { path, settings };
}

interface ReadSettings {
  readonly path: string;
  /** The file with the environment's values in it, unchecked. */
  readonly tree: JsonObject;
  /** Absent when the file or its values are wrong. */
  readonly settings: Settings | undefined;
  readonly problems: readonly Problem[];
  /** Whether there is no file. */
  readonly missing: boolean;
}

async function readSettings(sources: ConfigSources): Promise<ReadSettings> {
  const path = configPath(sources.path);
  const file = await readTree(path, sources);
  if ("code" in file) throw new ConfigError(path, [file]);
  const { tree, paths, problems } = applyEnvironment(file.tree, sources.env);
  const result = settingsSchema.safeParse(tree);
  const where = (key: string) => {
    if (paths.has(key)) return variableOf(key);
    const line = file.lines.get(key);
    return line === undefined ? undefined : `line ${line}`;
  };
  // What the environment left empty is said once, as that.
  const empty = new Set(problems.map((problem) => problem.path));
  const refused = schemaProblems(result.error?.issues ?? [], tree, where)
    .filter((problem) => !empty.has(problem.path));
  return {
    path,
    tree,
    settings: result.data,
    problems: [...refused, ...contradictions(tree, empty), ...exposure(path, file), ...problems],
    missing: file.mode === undefined,
  };
}

/**
 * The file to read.
 *
 * @throws {FelhomError} `usage.invalid`, when it lies where the program cannot read
 */
function configPath(path = DEFAULT_CONFIG_PATH): string {
  const resolved = resolvePath(path);
  if (resolved !== undefined && resolved !== PLACES.configuration) {
    if (liesIn(resolved, PLACES.configuration)) return resolved;
  }
  throw new FelhomError(
    "usage.invalid",
    `Cannot read a configuration at "${path}": it must lie below ${PLACES.configuration}`,
    {
      hint: "The rights of the program are baked into it, and it can read no other folder. " +
        `Copy the file to ${PLACES.configuration}.`,
    },
  );
}

interface FileTree {
  readonly tree: JsonObject;
  readonly lines: ReadonlyMap<string, number>;
  readonly mode: number | undefined;
}

async function readTree(path: string, sources: ConfigSources): Promise<FileTree | Problem> {
  const content = await sources.read(path, LARGEST);
  if (content.kind === "missing" && sources.path === undefined) {
    // The environment may say it all; what it leaves out is then reported key by key.
    return { tree: Object.create(null), lines: new Map(), mode: undefined };
  }
  if (content.kind !== "bytes") {
    const code = content.kind === "missing" ? "config.missing" : "config.unreadable";
    return { code, path, ...whyUnreadable(path, content, LARGEST) };
  }
  const problem = { code: "config.invalid", path } as const;
  const text = decodeUtf8(content.bytes);
  if (text === undefined) {
    return { ...problem, reason: "The file is not UTF-8", hint: "Save it as UTF-8." };
  }
  if (text.trim() === "") {
    return { ...problem, reason: "The file is empty", hint: "See configs/agent.example.json." };
  }
  try {
    const { value, lines } = parseJson(text);
    if (typeof value !== "object" || value === null || isList(value)) {
      return { ...problem, reason: "The file holds no JSON object", allowed: "{ … }" };
    }
    return { tree: value, lines, mode: content.mode };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const where = `line ${error.line}, column ${error.column}`;
    return { ...problem, where, reason: `The file is not JSON: ${error.message}` };
  }
}

/** A configuration that others may read must hold no token; one they may write holds nothing. */
function* exposure(path: string, file: FileTree): Generator<Problem> {
  if (file.mode === undefined || !isExposed(file.mode)) return;
  const holdsToken = typeof valueAt(file.tree, TOKEN) === "string";
  if (!holdsToken && (file.mode & 0o002) === 0) return;
  const what = holdsToken ? "read or write this file, and it holds the token" : "write this file";
  yield {
    code: "config.exposed",
    path,
    reason: `Every user of this machine may ${what} (mode ${octal(file.mode)})`,
    hint: `Run: chmod 0640 ${path}` +
      (holdsToken ? " (and make a new token, if somebody may have read it)" : ""),
  };
}

async function readTrust(
  settings: Settings | undefined,
  tree: JsonObject,
  sources: ConfigSources,
): Promise<Trust | Problem | undefined> {
  const path = pathAt(tree, CA_FILE);
  if (path === undefined) {
    const { fingerprint, insecure_skip_verify } = settings?.proxmox.tls ?? {};
    if (fingerprint !== undefined) return { kind: "fingerprint", ...fingerprint };
    return insecure_skip_verify ? { kind: "insecure" } : undefined;
  }
  const problem = { path: CA_FILE, where: path };
  const content = await sources.read(path, LARGEST);
  if (content.kind !== "bytes") {
    return { code: "config.unreadable", ...problem, ...whyUnreadable(path, content, LARGEST) };
  }
  const result = parseAuthorities(new TextDecoder().decode(content.bytes), sources.now);
  if ("pem" in result) return { kind: "ca", path, pem: result.pem };
  return {
    code: "config.invalid",
    ...problem,
    reason: `The file cannot be trusted: ${result.reason}`,
    allowed: "certificates of an authority, in PEM form",
    hint: `On a Proxmox host: cp /etc/pve/pve-root-ca.pem ${PLACES.configuration}/pve-root-ca.pem`,
  };
}

function pathAt(tree: JsonObject, key: string): string | undefined {
  const value = valueAt(tree, key);
  return typeof value === "string" ? resolvePath(value) : undefined;
}
