import { BOUNDS } from "./grammar.ts";
import type { NumberRange } from "./number_range.ts";

/** How the unit starts the helper. It belongs to root; nothing of it comes from a request. */
export interface Options {
  /** Start programs without sudo, for development as root. */
  readonly direct: boolean;
  readonly vmids: NumberRange | null;
  readonly peer: string | null;
  /** Print the sudoers file for these options instead of serving. */
  readonly sudoers: boolean;
}

/**
 * Reads the helper's command line: `[--direct] [--vmids FIRST-LAST] [--peer INSTANCE]`, or
 * `--sudoers --vmids FIRST-LAST`.
 *
 * @throws {Error} in one sentence, for whoever wrote the unit
 */
export function parseOptions(args: readonly string[]): Options {
  let options: Options = { direct: false, vmids: null, peer: null, sudoers: false };
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "--direct") options = { ...options, direct: true };
    else if (name === "--sudoers") options = { ...options, sudoers: true };
    else if (name === "--vmids") options = { ...options, vmids: parseRange(rest.shift()) };
    else if (name === "--peer") options = { ...options, peer: parsePeer(rest.shift()) };
    else throw new Error(`Cannot use the option "${name}"`);
  }
  return options;
}

function parseRange(text: string | undefined): NumberRange {
  const [, first, last] = text?.match(/^([1-9][0-9]{2,8})-([1-9][0-9]{2,8})$/) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (!(range.first >= BOUNDS.vmid.first && range.first <= range.last)) {
    throw new Error(`Cannot parse the VMIDs "${text ?? ""}": write FIRST-LAST, as 9000-9099`);
  }
  return range;
}

/** The instance name that systemd makes up: connection number, peer's pid and uid. */
function parsePeer(text: string | undefined): string | null {
  return text !== undefined && /^[0-9]{1,20}(-[0-9]{1,10}){0,2}$/.test(text) ? text : null;
}
