/**
 * How far the helper had come when it gave up.
 *
 * - `request`: the request was not read or not understood; no program was started.
 * - `check`: the request was understood and refused; at most programs that read were started.
 * - `run`: a program was started and did not do what it should.
 */
export type Phase = "request" | "check" | "run";

interface HelperErrorEntry {
  readonly phase: Phase;
  readonly summary: string;
}

/** The helper's errors; the code is what goes over the wire. */
const HELPER_ERRORS = {
  empty: { phase: "request", summary: "The connection ended before a request came." },
  incomplete: { phase: "request", summary: "The connection ended inside the request." },
  too_slow: { phase: "request", summary: "The request did not come in time." },
  too_large: { phase: "request", summary: "The request is larger than allowed." },
  malformed: { phase: "request", summary: "The request is not one line of canonical JSON." },
  wrong_version: { phase: "request", summary: "The request is of another protocol version." },
  unknown_operation: { phase: "request", summary: "There is no such operation." },
  invalid: { phase: "request", summary: "A key or value of the request is not allowed." },

  out_of_range: { phase: "check", summary: "The VMID is not one the helper may create." },
  exists: { phase: "check", summary: "The VMID is taken." },
  not_enrolled: { phase: "check", summary: "fstab has no usable entry for the filesystem." },
  no_device: { phase: "check", summary: "No block device carries the UUID." },
  duplicate_device: { phase: "check", summary: "Several block devices carry the UUID." },
  mounted_elsewhere: { phase: "check", summary: "The filesystem is mounted somewhere else." },
  mounted_otherwise: { phase: "check", summary: "It is mounted with other options than fstab's." },
  target_busy: { phase: "check", summary: "Something else is mounted on the target." },
  target_unfit: { phase: "check", summary: "The target is no empty folder that only root writes." },
  in_use: { phase: "check", summary: "The filesystem is in use and stays mounted." },

  not_permitted: { phase: "run", summary: "sudo does not let the helper run the program." },
  program_missing: { phase: "run", summary: "A program the helper needs is not installed." },
  program_failed: { phase: "run", summary: "A program ended with an error." },
  program_garbage: { phase: "run", summary: "A program printed what cannot be understood." },
  time_limit: { phase: "run", summary: "A program did not end within its time limit." },
  unverified: { phase: "run", summary: "The state afterwards is not what was asked for." },
  internal: { phase: "run", summary: "The helper failed in a way it does not know." },
} as const satisfies Record<string, HelperErrorEntry>;

export type HelperErrorCode = keyof typeof HELPER_ERRORS;

/** All codes. */
export const HELPER_ERROR_CODES: readonly HelperErrorCode[] = Object.keys(HELPER_ERRORS)
  .filter(isHelperErrorCode);

function isHelperErrorCode(code: string): code is HelperErrorCode {
  return Object.hasOwn(HELPER_ERRORS, code);
}

/** How far the helper had come when it gave up with this code. */
export function phaseOf(code: HelperErrorCode): Phase {
  return HELPER_ERRORS[code].phase;
}

/** Why an operation was not done. What is thrown anywhere in the helper and is not this is a bug. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: HelperErrorCode;
  /** Whether something on the host may be different now. */
  readonly changed: "no" | "maybe";

  constructor(
    code: HelperErrorCode,
    message: string,
    options: {
      /** @default "no" */
      readonly changed?: "no" | "maybe";
    } = {},
  ) {
    super(message);
    this.code = code;
    this.changed = options.changed ?? "no";
  }
}
