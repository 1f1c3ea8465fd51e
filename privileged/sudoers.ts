import type { CommandLine } from "./command_line.ts";
import type { NumberRange } from "./number_range.ts";
import { allNeeds, TABLE } from "./operations.ts";

/** The user that the helper runs as. */
const USER = "felhom-helper";

const HEADER = `\
# Installed as /etc/sudoers.d/felhom-helper, mode 0440, owner root. Needs sudo 1.9.10 or newer, which
# knows regular expressions. Check with: visudo -c
#
# Made by \`felhom-privileged --sudoers --vmids FIRST-LAST\` from the helper's own command lines; the
# VMIDs must be those of felhom-privileged@.service. Edit neither by hand.
#
# sudo joins the arguments with spaces before it compares. So each rule is one anchored expression of
# literal text and bounded classes without space, dot or negation: nothing else fits between them.
# TIMEOUT ends the root process itself; ending sudo would not.

Defaults:${USER} !requiretty
# Nobody can answer; and without a try sudo starts no askpass program of the caller's.
Defaults:${USER} passwd_tries=0
# Neither the caller's environment nor its working folder or time limit counts.
Defaults:${USER} env_reset, !setenv, !user_command_timeouts
# Nor may settings of the host that come before this file let them in: without secure_path, for
# example, sudo hands the caller's PATH on.
Defaults:${USER} !env_keep, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
`;

/**
 * The sudoers file for a helper whose unit names these VMIDs; without VMIDs, no rule for containers.
 * A command line that several operations need stands once.
 */
export function renderSudoers(vmids: NumberRange | null): string {
  const seen = new Set<string>();
  const sections = allNeeds({ vmids }).flatMap(({ op, needs }) => {
    const rules = needs?.commands.map(rule).filter((line) => !seen.has(line)) ?? [];
    for (const line of rules) seen.add(line);
    return rules.length === 0 ? [] : [`\n# ${op}: ${TABLE[op].reason}.\n${rules.join("")}`];
  });
  return HEADER + sections.join("");
}

function rule({ program, seconds, pattern }: CommandLine): string {
  if (pattern.length > 1024) throw new Error(`sudo takes 1024 characters, not ${pattern.length}`);
  return `${USER} ALL=(root) TIMEOUT=${seconds}s NOPASSWD: ${program} ${pattern}\n`;
}
