import type { Clock } from "../clock.ts";
import type { CommandName } from "./command_name.ts";
import type { EXIT } from "../errors.ts";
import type { Output } from "./output.ts";

/** What a command ends with; the same for every command (README, "Exit codes"). */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The options of the command line, after they were checked. */
export interface Options {
  /** `--config`: the file to read instead of the usual one. */
  readonly config: string | undefined;
  /** `--json`: one JSON document on stdout instead of text. */
  readonly json: boolean;
  /** `--log-level`: in place of the configuration's. */
  readonly logLevel: "debug" | "info" | "warn" | "error" | undefined;
  /** `--name`: of a disk. */
  readonly name: string | undefined;
  /** `--uuid`: of a filesystem. */
  readonly uuid: string | undefined;
  /** `--fstype`: of a filesystem. */
  readonly fstype: string | undefined;
  /** Absent when none of them is given. */
  readonly operation?: OperationOptions;
  /** The word beside the options, as a VMID; absent when there is none. */
  readonly operand?: string;
  /** Absent when none of them is given. */
  readonly switches?: Switches;
}

/** What a command is told by options that are there or not. */
export interface Switches {
  /** `--dry-run`. */
  readonly dryRun: boolean;
  /** `--wait`. */
  readonly wait: boolean;
  /** `--yes`. */
  readonly yes: boolean;
  /** `--task`. */
  readonly task: boolean;
}

/** What commands about operations are told. */
export interface OperationOptions {
  /** `--op`. */
  readonly op?: string;
  /** `--vmid`. */
  readonly vmid?: string;
  /** `--param`, each as `KEY=VALUE`. */
  readonly param?: readonly string[];
  /** `--reason`. */
  readonly reason?: string;
  /** `--minutes`. */
  readonly minutes?: string;
  /** `--id`. */
  readonly id?: string;
  /** `--limit`. */
  readonly limit?: string;
  /** `--head`: a place of the audit log, as SEQ:HASH. */
  readonly head?: string;
}

/** What a command works with. */
export interface Invocation {
  readonly options: Options;
  readonly output: Output;
  readonly clock: Clock;
  /** The command whose help is wanted; for `help` only. */
  readonly topic: CommandName | undefined;
}

/** A module with one command. Errors it throws are shown and decide the exit code. */
export interface CommandModule {
  run(invocation: Invocation): Promise<ExitCode> | ExitCode;
}
