import { type ErrorCode, FelhomError } from "../../src/errors.ts";
import type { State } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";

/** What something ends with. */
export function codeOf(work: () => unknown): ErrorCode | "done" {
  try {
    work();
    return "done";
  } catch (error) {
    if (error instanceof FelhomError) return error.code;
    throw error;
  }
}

/** Authorises benign work until it is refused. @returns with what, and after how many */
export function flood(state: State): { readonly code: string; readonly taken: number } {
  const action = { kind: "guest.start", padding: "x".repeat(16_000) };
  for (let count = 0; count < 5_000; count++) {
    const code = codeOf(() =>
      state.operations.authorise(operation(crypto.randomUUID(), { action }))
    );
    if (code !== "done") return { code, taken: count };
  }
  return { code: "done", taken: 5_000 };
}
