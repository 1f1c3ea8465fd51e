import type { Commands } from "../../../src/reconcile/commands/commands.ts";

/** An engine of which only the given commands are expected to be called. */
export function fakeCommands(given: Partial<Commands> = {}): Commands {
  const unexpected = () => {
    throw new Error("Nobody should call this");
  };
  return {
    apply: unexpected,
    submit: unexpected,
    signedBy: unexpected,
    request: unexpected,
    selftest: unexpected,
    stopSelftest: unexpected,
    transaction: unexpected,
    convergence: unexpected,
    engine: unexpected,
    why: unexpected,
    acknowledge: unexpected,
    ...given,
  };
}
