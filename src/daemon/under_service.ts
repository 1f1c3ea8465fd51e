import { tellService, type TellServiceOptions } from "./tell_service.ts";

export interface UnderServiceOptions extends Omit<TellServiceOptions, "signal"> {
  /** Aborted when the daemon is told to end. */
  readonly signal: AbortSignal;
}

/**
 * Does the work of the daemon while systemd is told of it: that it is ready, how it is, and that it
 * stops, the moment it is told to and not only when it is done.
 */
export async function underService(
  work: () => Promise<void>,
  options: UnderServiceOptions,
): Promise<void> {
  const { notify, onFailure, signal } = options;
  const say = (lines: string) => notify(lines).catch(onFailure);
  await say("READY=1");
  const over = new AbortController();
  const telling = tellService({ ...options, signal: over.signal });
  let stopping = Promise.resolve();
  const stop = () => void (stopping = say("STOPPING=1"));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    await work();
  } finally {
    signal.removeEventListener("abort", stop);
    over.abort();
    await telling;
    await stopping;
  }
}
