import * as z from "zod";
import { FelhomError } from "../errors.ts";
import type { Store } from "./store.ts";

/** Whose signature a set of signers gives. */
export type SignerRole = "operational" | "recovery";

/** The signers of a role, as they were from one change to the next. */
export interface SignerSet {
  readonly role: SignerRole;
  /** 1 for the first, then one more each time; files may leave places out. */
  readonly sequence: number;
  /** Digest of `content`. */
  readonly digest: string;
  /** Digest of the set it replaced; `null` for the first. */
  readonly previous: string | null;
  /** In OpenSSH's `allowed_signers` format. */
  readonly content: string;
  readonly origin: "file" | "rotation";
  /** The operation that rotated it in; `null` for a file. */
  readonly operation: string | null;
  /** Epoch milliseconds. */
  readonly installedAt: number;
}

const row = z.object({
  role: z.enum(["operational", "recovery"]),
  sequence: z.int(),
  digest: z.string(),
  previous: z.string().nullable(),
  content: z.string(),
  origin: z.enum(["file", "rotation"]),
  operation: z.string().nullable(),
  installed_at: z.int(),
});
const fileRow = z.object({ digest: z.string() });
const COLUMNS = "role, sequence, digest, previous, content, origin, operation, installed_at";

/** The sets of signers, all of them ever: they are few, and each is evidence. */
export class SignerSets {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The set that holds; `undefined` when none was ever installed. */
  current(role: SignerRole): SignerSet | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(
        `SELECT ${COLUMNS} FROM signer_set WHERE role = ? ORDER BY sequence DESC LIMIT 1`,
      ).get(role);
      return found === undefined ? undefined : toSet(found);
    });
  }

  /** All sets of a role, oldest first. */
  history(role: SignerRole): SignerSet[] {
    return this.#store.read(() =>
      this.#store.prepare(`SELECT ${COLUMNS} FROM signer_set WHERE role = ? ORDER BY sequence`)
        .all(role).map(toSet)
    );
  }

  /** Digest of a role's file as it was last seen; `undefined` before the first time. */
  seenFile(role: SignerRole): string | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare("SELECT digest FROM signers_file WHERE role = ?").get(role);
      return found === undefined ? undefined : fileRow.parse(found).digest;
    });
  }

  /** Writes how a role's file was seen. @param at epoch milliseconds */
  seeFile(role: SignerRole, digest: string, at: number): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        `INSERT INTO signers_file (role, digest, seen_at) VALUES (?, ?, ?)
         ON CONFLICT (role) DO UPDATE SET digest = excluded.digest, seen_at = excluded.seen_at`,
      ).run(role, digest, at), { purpose: "signed" });
  }

  /**
   * Puts a set in the place of the current one, which it must name. Signers change in a database that
   * has reached its ceiling, too: a key that was stolen must not be in force for want of room.
   *
   * @throws {FelhomError} `state.conflict` when the sequence is not the next one (from a file: not a
   * later one), or the previous digest not the current one's
   */
  install(set: SignerSet): void {
    this.#store.transaction(() => {
      const current = this.current(set.role);
      const sequence = (current?.sequence ?? 0) + 1;
      const previous = current?.digest ?? null;
      const follows = set.origin === "file" ? set.sequence >= sequence : set.sequence === sequence;
      if (!follows || set.previous !== previous) {
        throw new FelhomError(
          "state.conflict",
          `Cannot install ${set.role} signers ${set.sequence} after "${set.previous}": ` +
            `the next is ${sequence} after "${previous}"`,
        );
      }
      this.#store.prepare(`INSERT INTO signer_set (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
        .run(
          set.role,
          set.sequence,
          set.digest,
          set.previous,
          set.content,
          set.origin,
          set.operation,
          set.installedAt,
        );
    }, { purpose: "signed" });
  }
}

function toSet(found: unknown): SignerSet {
  const { installed_at: installedAt, ...rest } = row.parse(found);
  return { ...rest, installedAt };
}
