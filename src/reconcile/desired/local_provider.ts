import { FelhomError } from "../../errors.ts";
import { printable } from "../../log/printable.ts";
import type { DesiredRevision } from "../../state/mod.ts";
import type { DesiredState } from "./desired_state.ts";
import { NOTHING_SAID } from "./empty_provider.ts";
import type { DesiredProvider } from "./provider.ts";
import { readDesired } from "./read_desired.ts";

/** Where accepted desired states are kept. */
export interface StoredRevisions {
  current(provider: string): DesiredRevision | undefined;
}

/** What `apply` stored. */
export function localProvider(stored: StoredRevisions): DesiredProvider {
  return storedProvider(stored, "local");
}

/**
 * What was stored last under a name. A text is parsed once, and not again until another is stored.
 * VMIDs are not held against the managed range here: that may have changed since, and then only the
 * guests outside of it are told, instead of nothing being known of all.
 */
export function storedProvider(stored: StoredRevisions, name: string): DesiredProvider {
  let known: { readonly digest: string; readonly read: () => DesiredState } | undefined;
  return {
    name,
    current() {
      const revision = stored.current(name);
      if (revision === undefined) return NOTHING_SAID;
      if (known?.digest !== revision.digest) {
        known = { digest: revision.digest, read: readOnce(revision) };
      }
      return known.read();
    },
  };
}

/** Parses at once; what came of it is said each time, an error too. */
function readOnce({ provider, revision, document }: DesiredRevision): () => DesiredState {
  try {
    const desired = readDesired(document, { provider });
    return () => desired;
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    return () => {
      throw new FelhomError(
        "desired.unreadable",
        `Cannot read the desired state that is stored, revision "${printable(revision)}"`,
        { hint: "Apply it again with this version of the program.", cause: error },
      );
    };
  }
}
