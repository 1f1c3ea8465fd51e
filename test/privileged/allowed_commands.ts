import { READERS, SUDO } from "../../privileged/programs.ts";
import { allNeeds } from "../../privileged/operations.ts";

const VMIDS = { first: 1000, last: 1999 };

const RULES = allNeeds({ vmids: VMIDS }).flatMap(({ needs }) => needs?.commands ?? [])
  .map(({ program, pattern }) => ({ program, whole: new RegExp(pattern) }));

const READER_ARGS: Readonly<Record<string, RegExp>> = {
  [READERS.findmnt]: /^(?:--fstab )?--json (?:--list )?--output [A-Z:,]+$/,
  [READERS.lsblk]: /^--json --list --output [A-Z:,]+$/,
  [READERS.stat]: /^--printf=[%A-Za-z|\\]+ -- \/[a-z0-9/ -]*$/,
  [READERS.ls]: /^-A -- \/mnt\/felhom\/[a-z0-9-]+$/,
  [READERS.sensors]: /^-j$/,
};

/** Whether a started command line is one the helper may start: a reader's, or one with a rule. */
export function isAllowedCommand(argv: readonly string[]): boolean {
  const [program = "", ...args] = argv;
  const reader = READER_ARGS[program];
  if (reader !== undefined) return reader.test(args.join(" "));
  if (program !== SUDO || args[0] !== "-n") return false;
  const [asked = "", ...rest] = args.slice(args.indexOf("--") + 1);
  const before = args.slice(1, args.indexOf("--")).join(" ");
  if (before !== "" && before !== "-l") return false;
  return RULES.some((rule) => rule.program === asked && rule.whole.test(rest.join(" ")));
}
