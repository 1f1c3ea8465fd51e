import { FelhomError } from "../errors.ts";
import type { Commands } from "../reconcile/commands/commands.ts";

/** Answers for a daemon that carries nothing out. */
export const NO_ENGINE: Commands = {
  apply: () => refuse(),
  submit: () => refuse(),
  request: () => refuse(),
  selftest: () => refuse(),
  stopSelftest: () => false,
  transaction: () => undefined,
  convergence: () => refuse(),
  engine: () => refuse(),
  why: () => refuse(),
  acknowledge: () => refuse(),
};

function refuse(): never {
  throw new FelhomError("control.protocol", "This daemon only reads: it has no engine");
}
