import { FelhomError } from "../errors.ts";
import type { Role } from "./role.ts";
import { type AllowedSigners, keysIn, SignersError } from "./ssh/mod.ts";

/** A set of signers as it was once in force. */
export interface PastSigners {
  readonly role: Role;
  readonly sequence: number;
  readonly content: string;
  /** Epoch milliseconds. */
  readonly installedAt: number;
}

/** The set that came without a key. */
export type Removal = Omit<PastSigners, "content">;

/** Keys that may not come from a file, by digest (`SHA256:…`). */
export interface BarredKeys {
  /** Those of sets that were replaced, in force in no role now. */
  readonly removed: ReadonlyMap<string, Removal>;
  /** Those that root's configuration names. */
  readonly revoked: ReadonlySet<string>;
}

/**
 * The keys that were taken out of the signers: in a set that another one without them replaced, and in
 * no set in force. A set without any key removes nobody: a file that was away at a start must not cost
 * its keys for good.
 *
 * @param history of every role, each in the order of its sequence
 */
export function removedKeys(history: readonly PastSigners[]): ReadonlyMap<string, Removal> {
  const removed = new Map<string, Removal>();
  const last = new Map<Role, ReadonlySet<string>>();
  for (const { content, ...set } of history) {
    const keys = keysIn(content);
    if (keys.size === 0) continue;
    for (const key of last.get(set.role) ?? []) if (!keys.has(key)) removed.set(key, set);
    last.set(set.role, keys);
  }
  for (const keys of last.values()) for (const key of keys) removed.delete(key);
  return removed;
}

/**
 * Refuses signers of a file that hold a key which was removed or revoked: an old file, or one from a
 * backup, must not bring it back. A rotation may, since others sign for that.
 *
 * @throws {FelhomError} `authz.key_barred` with every such line
 */
export function refuseBarred({ file, signers }: AllowedSigners, barred: BarredKeys): void {
  const lines = signers.flatMap(({ keyDigest, line }) => {
    const why = whyBarred(keyDigest, barred);
    return why === undefined ? [] : [`  ${file}:${line}: Its key ${keyDigest} ${why}`];
  });
  if (lines.length === 0) return;
  throw new FelhomError(
    "authz.key_barred",
    `Cannot take the signers of ${file}: a key does not come back from a file\n${lines.join("\n")}`,
    { hint: "Take these lines out of the file. A signed rotation can bring back a removed key." },
  );
}

function whyBarred(key: string, { removed, revoked }: BarredKeys): string | undefined {
  if (revoked.has(key)) return "is among operations.revoked_keys";
  const removal = removed.get(key);
  if (removal === undefined) return undefined;
  const { role, sequence, installedAt } = removal;
  const when = new Date(installedAt).toISOString();
  return `was removed from the ${role} signers on ${when} (set ${sequence})`;
}

/** The signers without those whose keys root's configuration revokes; the digest stays the file's. */
export function withoutRevoked(
  set: AllowedSigners,
  revoked: ReadonlySet<string>,
): AllowedSigners {
  return {
    ...set,
    signers: set.signers.filter(({ keyDigest }) => !revoked.has(keyDigest)),
    find(keyBlob) {
      const found = set.find(keyBlob);
      return found === undefined || revoked.has(found.keyDigest) ? undefined : found;
    },
  };
}

/** Whether an error says that a file of signers cannot be used. */
export function isSignersFault(error: unknown): error is FelhomError {
  return error instanceof SignersError ||
    (error instanceof FelhomError && error.code === "authz.key_barred");
}
