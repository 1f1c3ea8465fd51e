import {
  type InForce,
  isSignersFault,
  readInForce,
  readReseedWish,
  type Role,
  ROLES,
  signersInForce,
} from "../authz/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Logger } from "../log/logger.ts";
import { type State, textDigest } from "../state/mod.ts";
import { barredKeys, storedSigners } from "./stored_signers.ts";

/** What of the configuration says who may sign. */
export type SeedConfig = Pick<Config, "signers" | "reseed"> & {
  readonly operations: Pick<Config["operations"], "signersFloor" | "revokedKeys">;
};

type SeedState = Pick<State, "signers" | "instances" | "audit" | "transaction">;

interface Parts {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly log: Logger;
}

/**
 * Takes the signers' files over into the state, where they are new or other than before: a rotation
 * names the set it replaces, so each set in force, an empty one too, has a place in the row. After a
 * rotation the role's file counts for nothing, until root names the instance in `signers/reseed`, and
 * the sequence that the files' sets get: nothing else gets over root's floor. While that file is
 * there, each start warns of it.
 *
 * A start waits for no room: a full disk or a full database keeps root from changing no signers.
 *
 * Files that cannot be used are not taken over, none of them: what they would bring is told, and what
 * the state holds stays. All that is done is in the audit log, and so is each file that is another one
 * than at the last start.
 *
 * @throws {FelhomError} `state.*`
 */
export function seedSigners(config: SeedConfig, state: SeedState, parts: Parts): void {
  noteFiles(config, state, parts);
  const { id: instance, reseededAt } = state.instances.current();
  const known = highestKnown(config, state);
  const wish = readReseedWish(config.reseed.text, { instance, reseededAt, known });
  const { path: file } = config.reseed;
  if (wish.kind !== "none") {
    parts.log.warn("a file wants the signers reseeded: take it away once that is done", { file });
  }
  if (wish.kind === "ignored") {
    const { why } = wish;
    parts.log.warn("the wish to reseed the signers is ignored", { file, why });
    append(state, parts, "signers.reseed_ignored", { instance, why });
  }
  const reseeds = wish.kind === "wanted";
  const named = reseeds ? wish.sequence : undefined;
  const wanted = ROLES.map((role) => ({ role, ...wantedOf(role, { config, state, named }) }));
  const taken = wanted.filter(({ fresh }) => fresh);
  try {
    const [operational, recovery] = [inForce("operational", wanted), inForce("recovery", wanted)];
    readInForce({ operational, recovery }, {
      revoked: config.operations.revokedKeys,
      barred: () => barredKeys(state, config.operations),
    });
  } catch (error) {
    if (!isSignersFault(error)) throw error;
    const { code, message } = error;
    parts.log.error("the signers' files are not taken over", { code, message, reseeds });
    if (taken.length > 0 || reseeds) {
      const kind = reseeds ? "signers.reseed_refused" : "signers.files_refused";
      append(state, parts, kind, { instance, code, message });
    }
    return;
  }
  if (taken.length === 0 && !reseeds) return;
  state.transaction(() => {
    for (const set of taken) install(state, set, parts.at);
    if (reseeds) state.instances.recordReseed(parts.at);
    const sets = taken.map(({ role, sequence, text }) => ({
      ...{ role, sequence, digest: textDigest(text) },
    }));
    append(state, parts, reseeds ? "signers.reseeded" : "signers.taken_over", { instance, sets });
  }, { purpose: "finish" });
  if (reseeds) {
    parts.log.warn("root had the signers' files taken over", {
      instance,
      sequence: named,
      roles: taken.map(({ role }) => role),
    });
  }
}

/**
 * A role's signers as they are to be after the start.
 *
 * @param named the sequence that root has named for the files; it is used up even where the file is
 * what is in force, so that the wish cannot be obeyed a second time
 */
function wantedOf(
  role: Role,
  { config, state, named }: {
    readonly config: SeedConfig;
    readonly state: SeedState;
    readonly named: number | undefined;
  },
): InForce {
  const { path: file, text } = config.signers[role];
  if (named !== undefined) return { text, file, sequence: named, fresh: true };
  const floor = config.operations.signersFloor[role];
  return signersInForce(storedSigners(state, role), { file, text }, floor);
}

/** The highest sequence of any role that was in force, by the state and by root's floors. */
function highestKnown({ operations }: SeedConfig, state: SeedState): number {
  return Math.max(
    ...ROLES.flatMap((role) => [
      ...[operations.signersFloor[role], storedSigners(state, role)?.sequence ?? 0],
    ]),
  );
}

function inForce(role: Role, all: readonly (InForce & { readonly role: Role })[]): InForce {
  const found = all.find((one) => one.role === role);
  if (found === undefined) throw new TypeError(`Nothing is known of the ${role} signers`);
  return found;
}

function install(
  { signers }: SeedState,
  { role, sequence, text }: InForce & { readonly role: Role },
  at: number,
): void {
  signers.install({
    role,
    sequence,
    digest: textDigest(text),
    previous: signers.current(role)?.digest ?? null,
    content: text,
    origin: "file",
    operation: null,
    installedAt: at,
  });
}

/** Writes down each file that is another one than at the last start, whether it counts or not. */
function noteFiles({ signers }: SeedConfig, state: SeedState, parts: Parts): void {
  for (const role of ROLES) {
    const { path: file, text } = signers[role];
    const digest = textDigest(text);
    const before = state.signers.seenFile(role) ?? null;
    if (digest === before) continue;
    state.transaction(() => {
      state.signers.seeFile(role, digest, parts.at);
      if (before === null && text === "") return;
      append(state, parts, "signers.file_changed", { role, file, before, digest });
    }, { purpose: "finish" });
    if (before !== null) parts.log.warn("a file of signers was changed", { role, file, digest });
  }
}

function append(
  { audit }: SeedState,
  { at }: Parts,
  kind: string,
  body: Readonly<Record<string, unknown>>,
): void {
  audit.append({ at, kind, body }, { purpose: "finish" });
}
