/**
 * Settles as `attempt` does, or rejects with the first error that nobody caught meanwhile: node's
 * `listen` and `bind` throw their refusal from a later tick, where no handler of theirs is asked.
 */
export async function withUncaught<T>(attempt: () => Promise<T>): Promise<T> {
  const uncaught = Promise.withResolvers<never>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.reject(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    uncaught.reject(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    return await Promise.race([attempt(), uncaught.promise]);
  } finally {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}
