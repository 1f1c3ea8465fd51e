import { FelhomError } from "../../errors.ts";

/** What came of a read that may fail. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: FelhomError };

/**
 * Reads something whose failure is an answer too: what cannot be read is not known.
 *
 * @throws the signal's reason when it is aborted; what is no {@linkcode FelhomError}
 */
export async function attempt<T>(
  reading: Promise<T>,
  { signal }: { readonly signal: AbortSignal },
): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await reading };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FelhomError)) throw error;
    return { ok: false, error };
  }
}
