import { type HelperErrorCode, phaseOf } from "../../privileged/protocol.ts";
import { type ErrorCode, FelhomError, type FelhomErrorOptions } from "../errors.ts";

/** What the helper answered instead of a result. */
export class HelperError extends FelhomError {
  override readonly name = "HelperError";
  /** The helper's own code, as `not_enrolled`. */
  readonly helperCode: HelperErrorCode;
  /** Whether something on the host may be different now. */
  readonly changed: "no" | "maybe";

  constructor(
    { code, message, changed }: {
      readonly code: HelperErrorCode;
      readonly message: string;
      readonly changed: "no" | "maybe";
    },
  ) {
    const options: FelhomErrorOptions = {
      retry: changed === "maybe" ? "unknown" : phaseOf(code) === "run" ? "safe" : "never",
      ...hintFor(code),
    };
    super(CODES[phaseOf(code)], `The helper answers: ${message}`, options);
    this.helperCode = code;
    this.changed = changed;
  }
}

const CODES = {
  request: "helper.rejected",
  check: "helper.refused",
  run: "helper.failed",
} as const satisfies Record<ReturnType<typeof phaseOf>, ErrorCode>;

function hintFor(code: HelperErrorCode): { readonly hint?: string } {
  const hint = HINTS[code];
  return hint === undefined ? {} : { hint };
}

const HINTS: Readonly<Partial<Record<HelperErrorCode, string>>> = {
  wrong_version: "Install agent and helper of one version.",
  out_of_range: "Set --vmids in felhom-privileged@.service and guests.managed_vmids alike.",
  not_enrolled: "Enrol the disk: felhom-agent disk enrol prints the line for fstab.",
  no_device: "Is the disk plugged in? lsblk -f",
  duplicate_device:
    "Look which of them is the copy, and unplug that: lsblk -o NAME,SERIAL,UUID,LABEL",
  mounted_elsewhere:
    "Look what uses it there: findmnt, fuser -vm. It can be unmounted once nothing does.",
  mounted_otherwise:
    "Look what uses it: fuser -vm. Unmounted once nothing does, it is the helper's to mount.",
  target_unfit:
    "Enrol the disk under another name: an empty folder that only root can write. This one stays.",
  not_permitted: "Install the sudoers file: felhom-privileged --sudoers --vmids FIRST-LAST",
  program_missing: "Install the package that has the program (smartmontools, lm-sensors, sudo).",
};
