import * as z from "zod";
import type { Store } from "./store.ts";

/** A desired state as it was accepted. */
export interface DesiredRevision {
  /** Who gives it, as "local" or "hub". */
  readonly provider: string;
  readonly revision: string;
  /** Digest of `document`. */
  readonly digest: string;
  /** The text, to be parsed by who knows its versions. */
  readonly document: string;
  /** Epoch milliseconds. */
  readonly acceptedAt: number;
}

const row = z.object({
  provider: z.string(),
  revision: z.string(),
  digest: z.string(),
  document: z.string(),
  accepted_at: z.int(),
});
/** Revisions that are kept of each provider, the current one among them. */
export const KEPT_REVISIONS = 8;

const COLUMNS = "provider, revision, digest, document, accepted_at";

/** The desired states that were accepted, of each provider the newest ones. */
export class DesiredRevisions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What a provider wants now; `undefined` when it never said. */
  current(provider: string): DesiredRevision | undefined {
    return this.list(provider, 1)[0];
  }

  /** What a provider wanted, newest first. */
  list(provider: string, limit = KEPT_REVISIONS): DesiredRevision[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM desired_revision WHERE provider = ? ORDER BY seq DESC LIMIT ?`,
      ).all(provider, limit).map((found) => {
        const { accepted_at: acceptedAt, ...rest } = row.parse(found);
        return { ...rest, acceptedAt };
      })
    );
  }

  /** Whether any desired state that is kept, of whatever provider, names a guest. */
  everNamed(vmid: number): boolean {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT 1 FROM desired_revision
         WHERE json_valid(document) AND json_type(document, ?) IS NOT NULL LIMIT 1`,
      ).get(`$.guests."${vmid}"`) !== undefined
    );
  }

  /**
   * Accepts a desired state, unless it is the current one again, which costs no write. What is one too
   * many goes at once: nobody can fill the disk by giving many.
   *
   * @returns whether it was another
   */
  accept(desired: DesiredRevision): boolean {
    return this.#store.transaction(() => {
      const current = this.current(desired.provider);
      if (current?.revision === desired.revision && current.digest === desired.digest) return false;
      this.#store.prepare(`INSERT INTO desired_revision (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`).run(
        desired.provider,
        desired.revision,
        desired.digest,
        desired.document,
        desired.acceptedAt,
      );
      this.#store.prepare(
        `DELETE FROM desired_revision WHERE provider = ? AND seq NOT IN
           (SELECT seq FROM desired_revision WHERE provider = ? ORDER BY seq DESC LIMIT ?)`,
      ).run(desired.provider, desired.provider, KEPT_REVISIONS);
      return true;
    });
  }
}
