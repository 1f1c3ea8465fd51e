import type { CommandName } from "./command_name.ts";

/** The names of the options that are not the same for every command. */
export type OptionName =
  | "config"
  | "json"
  | "log-level"
  | "op"
  | "vmid"
  | "param"
  | "reason"
  | "minutes"
  | "id"
  | "name"
  | "uuid"
  | "fstype"
  | "dry-run"
  | "wait"
  | "yes"
  | "task"
  | "limit"
  | "head";

interface CommandEntry {
  /** One line for the overview. */
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** The one word it takes beside options: `-`, which may be left out, says that stdin is read. */
  readonly operand?: "VMID" | "-";
  /** What the help says beyond the summary, a line each. */
  readonly details?: readonly string[];
}

/** Every command. A name of two words is a command with a subcommand. */
export const COMMANDS = {
  run: {
    summary: "Run the daemon in the foreground",
    options: ["config", "log-level"],
  },
  status: {
    summary: "Ask the running daemon how it is",
    options: ["config", "json", "log-level"],
  },
  plan: {
    summary: "Show what would be done now for the desired state in force; changes nothing",
    options: ["config", "json"],
  },
  apply: {
    summary: "Take a desired state from stdin",
    options: ["dry-run", "wait", "config", "json"],
    operand: "-",
    details: [
      "  felhom-agent apply --dry-run < desired.json\n" +
      "  felhom-agent apply - --wait < desired.json",
      "With --wait: exit code 0 when every guest is as desired, 1 when one is not and will not be so\n" +
      "by itself. Ctrl-C ends the waiting, not the work.",
    ],
  },
  submit: {
    summary: "Hand in the document of an operation, and its signatures, from stdin",
    options: ["wait", "config", "json"],
    operand: "-",
    details: [
      "  cat op.json op.json.sig | felhom-agent submit - --wait",
      "Without a signature it is kept as a wish, and waits for one. Exit code 4 when it is refused or\n" +
      "waits for a signature; with --wait, 1 when it does not succeed.",
    ],
  },
  request: {
    summary: "Ask for one action from stdin, as the hub would",
    options: ["wait", "config", "json"],
    operand: "-",
    details: [
      '  echo \'{"action": {"kind": "guest.start", "guest": 1001, "params": {}},\n' +
      '    "why": "trial"}\' | felhom-agent request - --wait',
      "Exit code 4 when it is refused or waits for a signature.",
    ],
  },
  why: {
    summary: "Say in one sentence what a guest waits for",
    options: ["config", "json"],
    operand: "VMID",
    details: ["  felhom-agent why 1001"],
  },
  journal: {
    summary: "List what was done, newest first, or tell one operation",
    options: ["vmid", "limit", "id", "config", "json"],
    details: ["  felhom-agent journal --vmid 1001 --limit 5\n  felhom-agent journal --id ID"],
  },
  "state ack": {
    summary: "Acknowledge a state that is older than its host",
    options: ["yes", "config", "json"],
    details: ["Says first what it will do, and does it with --yes."],
  },
  "audit head": {
    summary: "Print the head of the audit log, to be kept on another host",
    options: ["config", "json"],
    details: [
      "What was signed, acknowledged or cannot be undone is pruned from the log only after that, and\n" +
      "when it is old enough (state.lasting_days).",
    ],
  },
  "audit verify": {
    summary: "Check the audit log, and that it has a head that was kept; changes nothing",
    options: ["head", "config", "json"],
    details: [
      "  felhom-agent audit verify --head SEQ:HASH",
      "Exit code 1 when the log was altered or cut, or does not have the head.",
    ],
  },
  selftest: {
    summary: "Check configuration, connection, rights and host; changes nothing",
    options: ["task", "vmid", "config", "json", "log-level"],
    details: [
      "Exit code 0: all is well; 1: a check failed; 2: usage or configuration.",
      "With --task the daemon makes a guest of its own from the first golden image, every link down, and\n" +
      "tries on it a setting, snapshot, rollback, start and stop; at the end it destroys that guest.\n" +
      "Ctrl-C ends it early and waits until all is cleaned up:\n" +
      "  felhom-agent selftest --task\n" +
      "  felhom-agent --selftest=task",
      "With --vmid N as well it takes a snapshot of that stopped guest and deletes it. It does not roll\n" +
      "back: without a signature no guest is, but the one that a self-test makes. A deletion that is\n" +
      "broken off leaves the guest locked, with a part of the snapshot.",
    ],
  },
  guests: {
    summary: "List the LXC guests of this node",
    options: ["config", "json", "log-level"],
  },
  permissions: {
    summary: "Compare what the token may do with what the agent needs",
    options: ["config", "json", "log-level"],
    details: ["Exit code 1 when something is missing. What is too much is shown with it."],
  },
  "disk enrol": {
    summary: "Show the fstab line and the commands that enrol a disk; changes nothing",
    options: ["name", "uuid", "fstype", "json"],
    details: ["Root runs the commands. The helper mounts no disk without such a line."],
  },
  "op new": {
    summary: "Make the document of an operation, to be signed with ssh-keygen",
    options: ["op", "vmid", "param", "reason", "minutes", "config", "log-level"],
    details: [
      "The document goes to stdout, the line that signs it to stderr:\n" +
      '  felhom-agent op new --op guest.destroy --vmid 101 --param purge=true --reason "contract ended" > op.json',
      "signers.rotate reads the new signers from stdin. Name and identity are the live guest's; the\n" +
      "time of a snapshot, too.",
    ],
  },
  "op show": {
    summary: "Say in words what a document from stdin will do",
    options: ["json"],
    details: ["  felhom-agent op show < op.json"],
  },
  "op check": {
    summary: "Check a document and its signatures from stdin, as this host would",
    options: ["config", "json"],
    details: [
      "  cat op.json op.json.sig | felhom-agent op check",
      "Exit code 4 when it would be refused. The guest itself is looked at when it runs.",
    ],
  },
  pending: {
    summary: "List what waits for a signature, or print one document to sign",
    options: ["id", "config", "json"],
    details: ["  felhom-agent pending --id 3 > op.json"],
  },
  "config check": {
    summary: "Check the configuration and all files it names",
    options: ["config", "json"],
  },
  "config show": {
    summary: "Show the configuration as it is in effect, secrets redacted",
    options: ["config", "json"],
  },
  errors: {
    summary: "Show every error code: exit code, whether to try again, meaning",
    options: ["json"],
  },
  version: {
    summary: "Show the version of the agent and of its runtime",
    options: ["json"],
  },
  help: {
    summary: "Show this overview, or the options of a command",
    options: [],
  },
} as const satisfies Record<CommandName, CommandEntry>;

/** All names, in the order of the overview. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** Whether a text is the name of a command. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** What the table says of a command. */
export function commandEntry(name: CommandName): CommandEntry {
  return COMMANDS[name];
}

/** What each option means. */
export const OPTIONS: Readonly<
  Record<OptionName, { readonly value?: string; readonly summary: string }>
> = {
  config: {
    value: "FILE",
    summary: "Configuration, below /etc/felhom-agent (default: agent.json there)",
  },
  json: { summary: "Print one JSON document" },
  name: { value: "NAME", summary: "Of the disk: it is mounted on /mnt/felhom/NAME" },
  uuid: { value: "UUID", summary: "Of the filesystem on it: lsblk -o NAME,FSTYPE,UUID" },
  fstype: { value: "TYPE", summary: "ext4 (default) or xfs" },
  op: { value: "NAME", summary: "The operation, as guest.destroy" },
  vmid: { value: "N", summary: "The guest it is about" },
  param: {
    value: "KEY=VALUE",
    summary: "A parameter; the value is JSON, or else a text. Repeat it",
  },
  reason: { value: "TEXT", summary: "Why, for the audit log" },
  minutes: { value: "N", summary: "How long it is valid from now on (default: 60)" },
  id: { value: "ID", summary: "Show this one: its document and how to sign it, or its whole way" },
  limit: { value: "N", summary: "How many to list, from 1 to 100 (default: 20)" },
  head: { value: "SEQ:HASH", summary: "A head of the audit log, as audit head printed it" },
  "dry-run": { summary: "Show the plan; change nothing" },
  wait: { summary: "Wait for the outcome" },
  yes: { summary: "Do it, instead of saying what would be done" },
  task: { summary: "Try a task on the guest of --vmid" },
  "log-level": { value: "LEVEL", summary: "debug, info, warn or error (stderr; run: stdout)" },
};
