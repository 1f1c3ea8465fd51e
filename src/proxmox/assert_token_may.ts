import { FelhomError } from "../errors.ts";
import { type Form, formText } from "./form.ts";

/** What only root@pam may set, and no token, whoever owns it (FACTS §3.1, §3.3, §4). */
const ROOT_ONLY: readonly (readonly [RegExp, (value: string) => boolean, string])[] = [
  [/^features$/, setsMoreThanNesting, "feature flags other than nesting"],
  [/^dev\d+$/, always, "device passthrough"],
  [/^(?:mp\d+|rootfs)$/, isHostPath, "mount points of the host's own paths and devices"],
  [/^(?:rootfs|ostemplate)$/, isBareSize, "volumes outside a storage"],
  [/^(?:ostemplate|archive)$/, isHostPath, "archives outside a storage"],
  [/^hookscript$/, always, "the hookscript"],
  [/^lxc(?:\.|$)/, always, "raw lxc keys"],
  [/^skiplock$/, always, "skipping locks"],
  [/^(?:tmpdir|dumpdir|script|job-id)$/, always, "vzdump's own directories, script and job"],
];

/**
 * Parameters that carry volumes. Proxmox takes a false size, or another guest's volume, without a
 * word (OBSERVED 25), and `delete` of an unused volume destroys it (FACTS §3.5).
 */
const VOLUME = /^(?:mp\d+|rootfs|unused\d+)$/;

/**
 * Refuses, before anything is sent, what Proxmox would refuse to any token, and what the product
 * never sends. The types of the mutations leave no room for most of it; this holds for values that
 * came from outside all the same.
 *
 * @throws {FelhomError} `proxmox.root_only`, or `proxmox.bad_parameter` for a volume
 */
export function assertTokenMay(what: string, form: Form): void {
  for (const [name, value] of Object.entries(form)) {
    if (value === undefined) continue;
    const text = formText(value);
    for (const [names, matches, description] of ROOT_ONLY) {
      if (!names.test(name) || !matches(text)) continue;
      throw new FelhomError(
        "proxmox.root_only",
        `Cannot ${what}: ${description} (${name}) are for root@pam only`,
        {
          hint:
            "No token can do this, not even one of root@pam; it is for the host's administrator " +
            "to decide.",
        },
      );
    }
    const volumes = name === "delete" || name === "revert" ? text.split(/[,;\s]+/) : [name];
    const volume = volumes.find((option) => VOLUME.test(option));
    if (volume === undefined) continue;
    throw new FelhomError(
      "proxmox.bad_parameter",
      `Cannot ${what}: ${volume} carries a volume, and no caller may choose one`,
    );
  }
}

function always(): boolean {
  return true;
}

function isHostPath(value: string): boolean {
  return /^(?:volume=)?\//.test(value);
}

function isBareSize(value: string): boolean {
  return /^(?:volume=)?[\d.]+(?:,|$)/.test(value);
}

/** Inside a property string 1, on, yes and true are the same (FACTS §1.4). */
function setsMoreThanNesting(value: string): boolean {
  return value.split(",").some((part) => {
    const [flag = "", state = "1"] = part.trim().split("=");
    return flag !== "nesting" && flag !== "" && !/^(?:0|off|no|false)$/i.test(state);
  });
}
