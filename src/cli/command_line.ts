import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "../config/nearest.ts";
import { FelhomError } from "../errors.ts";
import type { Options } from "./command.ts";
import type { CommandName } from "./command_name.ts";
import {
  COMMAND_NAMES,
  commandEntry,
  isCommandName,
  type OptionName,
  OPTIONS,
} from "./commands.ts";

/** What a command line asks for. */
export interface CommandLine {
  readonly command: CommandName;
  /** The command whose help is wanted; `undefined` for the overview. Set for `help` only. */
  readonly topic: CommandName | undefined;
  readonly options: Options;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
/** Flags that stand for a command. */
const FLAGS = { selftest: "selftest", version: "version", help: "help" } as const;
const OPERATION = ["op", "vmid", "reason", "minutes", "id", "limit", "head"] as const;
const SWITCHES = ["dry-run", "wait", "yes", "task"] as const;
const DISK = ["name", "uuid", "fstype"] as const;
const VALUED = ["config", "log-level", "param", ...DISK, ...OPERATION] as const;
const KNOWN = [...Object.keys(OPTIONS), ...Object.keys(FLAGS)];

/**
 * Reads a command line.
 *
 * @throws {FelhomError} `usage.invalid`, with the name that was probably meant
 */
export function parseCommandLine(given: readonly string[]): CommandLine {
  const args = given.flatMap((arg) => arg === "--selftest=task" ? ["--selftest", "--task"] : [arg]);
  const parsed = parseArgs(args, {
    boolean: ["json", ...SWITCHES, ...Object.keys(FLAGS)],
    string: ["_", ...VALUED],
    collect: VALUED,
    alias: { help: "h", version: "V" },
    unknown: (arg, key) => key === undefined ? undefined : refuseOption(arg),
  });
  for (const arg of args) refuseValue(arg);
  const words = parsed._.map(String);
  const flags = Object.entries(FLAGS).filter(([flag]) => parsed[flag] === true);
  if (parsed["help"] === true || words[0] === "help") {
    return help(words[0] === "help" ? words.slice(1) : words);
  }
  const named = flags[0]?.[1];
  const { command, operand } = named === undefined
    ? readCommand(words)
    : { command: named, operand: undefined };
  if (flags.length > 1 || (flags.length > 0 && words.length > 0)) {
    throw usage("Cannot do more than one thing at once", "Give one command.");
  }
  const allowed: readonly OptionName[] = commandEntry(command).options;
  for (const option of ["json", ...SWITCHES, ...VALUED] as const) {
    if (isSet(parsed[option]) && !allowed.includes(option)) {
      throw usage(`The command ${command} takes no --${option}`, helpFor(command));
    }
  }
  return {
    command,
    topic: undefined,
    options: {
      config: single(parsed["config"], "config"),
      json: parsed["json"] === true,
      logLevel: level(single(parsed["log-level"], "log-level")),
      name: single(parsed["name"], "name"),
      uuid: single(parsed["uuid"], "uuid"),
      fstype: single(parsed["fstype"], "fstype"),
      ...operationOptions(parsed),
      ...(operand === undefined ? {} : { operand }),
      ...switches(parsed),
    },
  };
}

function operationOptions(
  parsed: Readonly<Record<string, unknown>>,
): Pick<Options, "operation"> {
  const given = OPERATION.flatMap((name) => {
    const value = single(parsed[name], name);
    return value === undefined ? [] : [[name, value]];
  });
  const values: unknown = parsed["param"];
  const param = Array.isArray(values) ? values.map(String) : [];
  if (given.length + param.length === 0) return {};
  return { operation: { ...Object.fromEntries(given), param } };
}

function switches(parsed: Readonly<Record<string, unknown>>): Pick<Options, "switches"> {
  const [dryRun = false, wait = false, yes = false, task = false] = SWITCHES.map((name) =>
    parsed[name] === true
  );
  return dryRun || wait || yes || task ? { switches: { dryRun, wait, yes, task } } : {};
}

function help(words: readonly string[]): CommandLine {
  const options = {
    config: undefined,
    json: false,
    logLevel: undefined,
    name: undefined,
    uuid: undefined,
    fstype: undefined,
  };
  const topic = words.length === 0 ? undefined : readTopic(words);
  return { command: "help", topic, options };
}

/** What help is about: a command, with the word it takes or without it. */
function readTopic(words: readonly string[]): CommandName {
  const whole = words.join(" ");
  return isCommandName(whole) ? whole : readCommand(words).command;
}

function readCommand(
  words: readonly string[],
): { readonly command: CommandName; readonly operand: string | undefined } {
  if (words.length === 0) throw usage("No command given", "See: felhom-agent help");
  const whole = words.join(" ");
  const command = [whole, words.slice(0, 2).join(" "), words[0] ?? ""].find(isCommandName);
  if (command !== undefined) {
    const rest = words.slice(command.split(" ").length);
    return { command, operand: readOperand(command, rest) };
  }
  const first = words[0] ?? "";
  const subcommands = COMMAND_NAMES.filter((name) => name.startsWith(`${first} `));
  const meant = nearest(whole, subcommands.length > 0 ? subcommands : COMMAND_NAMES);
  const hint = meant !== undefined
    ? `Did you mean: felhom-agent ${meant}?`
    : subcommands.length > 0
    ? `There is: ${subcommands.join(", ")}`
    : "See: felhom-agent help";
  throw usage(`There is no command "${whole}"`, hint);
}

function readOperand(command: CommandName, words: readonly string[]): string | undefined {
  const { operand } = commandEntry(command);
  const [word, more] = words;
  if (word === undefined) {
    if (operand !== "VMID") return undefined;
    throw usage(`The command ${command} needs a VMID`, helpFor(command));
  }
  const fits = operand === "VMID" ? /^\d+$/.test(word) : word === operand;
  if (fits && more === undefined) return word;
  throw usage(
    `The command ${command} takes no argument "${fits ? more : word}"`,
    helpFor(command),
  );
}

function refuseOption(arg: string): never {
  const name = arg.replace(/=.*$/s, "");
  const meant = nearest(name.replace(/^-+/, ""), KNOWN);
  throw usage(
    `There is no option "${name}"`,
    meant === undefined ? "See: felhom-agent help" : `Did you mean --${meant}?`,
  );
}

/** `--json=yes`: an option that is either there or not. */
function refuseValue(arg: string): void {
  const name = /^--([a-z-]+)=/.exec(arg)?.[1];
  if (name === undefined || VALUED.some((valued) => valued === name)) return;
  throw usage(`The option --${name} takes no value`, "See: felhom-agent help");
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value === true;
}

function single(value: unknown, name: string): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const [text] = value;
  if (value.length > 1) throw usage(`The option --${name} is given twice`, "Give it once.");
  if (typeof text === "string" && text !== "") return text;
  throw usage(`The option --${name} needs a value`, "See: felhom-agent help");
}

function level(text: string | undefined): Options["logLevel"] {
  if (text === undefined) return undefined;
  const found = LEVELS.find((known) => known === text);
  if (found !== undefined) return found;
  const meant = nearest(text, LEVELS);
  throw usage(
    `There is no log level "${text}"`,
    meant === undefined ? `Allowed: ${LEVELS.join(", ")}` : `Did you mean ${meant}?`,
  );
}

function helpFor(command: CommandName): string {
  return `See: felhom-agent help ${command}`;
}

function usage(message: string, hint: string): FelhomError {
  return new FelhomError("usage.invalid", message, { hint });
}
