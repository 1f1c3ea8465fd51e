import { type ErrorCode, FelhomError } from "../../errors.ts";
import { type Refusal, REFUSALS } from "../../gate/mod.ts";
import type { Outcome } from "../outcome.ts";

/** What a try that did not succeed says of the guest's desired revision. */
export type Blame =
  /** It does not work for this guest: counts towards its quarantine. */
  | "revision"
  /** Nobody's fault at the guest; it passes, or is mended elsewhere. Tried again, and not counted. */
  | "circumstances";

/**
 * Errors that are no fault of the guest's, beside those that may simply be repeated. A host without
 * Proxmox, without its token's rights or with a full disk must not find all of its guests in
 * quarantine once it is mended.
 */
const CIRCUMSTANCES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  // Proxmox cannot be reached, or not as configured.
  "proxmox.reset",
  "proxmox.timeout",
  "proxmox.gateway",
  "proxmox.not_tls",
  // Something else answers in its place, or in between.
  "proxmox.malformed",
  "proxmox.too_large",
  "proxmox.pin_mismatch",
  "proxmox.untrusted",
  "proxmox.unauthorized",
  "proxmox.forbidden",
  // The agent stops.
  "proxmox.aborted",
  // It passes, or its own task goes on.
  "proxmox.busy",
  "proxmox.locked",
  "proxmox.storage",
  "task.timeout",
  // The state cannot be written: nothing was sent.
  "state.unusable",
  "state.damaged",
  "state.read_only",
  // Signed work waits for an operator, or for the time.
  "authz.state_behind",
  "authz.clock_behind",
  "helper.slow",
  "helper.died",
]);

/** Whom an error is blamed on. What is no {@linkcode FelhomError} is a fault of the product. Pure. */
export function blameOfError(error: unknown): Blame {
  if (!(error instanceof FelhomError)) return "revision";
  return error.retry === "safe" || CIRCUMSTANCES.has(error.code) ? "circumstances" : "revision";
}

/** Whom an outcome is blamed on; null when it succeeded. Pure. */
export function blameOfOutcome(outcome: Outcome): Blame | null {
  switch (outcome.kind) {
    case "succeeded":
      return null;
    case "failed":
    case "unknown":
      return outcome.code === undefined ? "revision" : blameOfCode(outcome.code);
    case "running":
      return "circumstances";
    case "not_begun":
      return outcome.passes ? "circumstances" : "revision";
    case "denied":
      // Who waits for a signature has not failed.
      return outcome.outcome === "pending_signature" ? "circumstances" : blameOfCode(outcome.code);
    default:
      return outcome satisfies never;
  }
}

function blameOfCode(code: ErrorCode | Refusal): Blame {
  if (isRefusal(code)) return REFUSALS[code].retry === "safe" ? "circumstances" : "revision";
  return blameOfError(new FelhomError(code, ""));
}

function isRefusal(code: ErrorCode | Refusal): code is Refusal {
  return Object.hasOwn(REFUSALS, code);
}
