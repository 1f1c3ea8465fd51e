import * as z from "zod";
import { type ErrorCode, FelhomError } from "../errors.ts";

/** Result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  constraint: 19,
  notADatabase: 26,
  /** A quota that is used up is no ENOSPC, and comes as this. */
  ioErrorWrite: 778,
  /** The index of the log cannot grow. */
  ioErrorShmSize: 4874,
} as const;

interface Fault {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint: (path: string) => string;
}

const FULL: Fault = {
  code: "state.full",
  why: "the disk is full",
  hint: (path) =>
    `What runs is still recorded. Make room, outside of the state's own folder: df -h ${path}`,
};

const FAULTS: Readonly<Record<number, Fault>> = {
  [SQLITE.busy]: {
    code: "state.locked",
    why: "another program holds it",
    hint: (path) => `Look for an open sqlite3 shell: fuser -v ${path}`,
  },
  [SQLITE.readOnly]: {
    code: "state.read_only",
    why: "it cannot be written",
    hint: (path) =>
      `Look whether the file system turned read-only, and who owns the file: dmesg; ls -l ${path}`,
  },
  [SQLITE.corrupt]: {
    code: "state.damaged",
    why: "it is damaged",
    hint: leftAlone,
  },
  [SQLITE.full]: FULL,
  // Each thing that a caller may get wrong is refused by name before.
  [SQLITE.constraint]: {
    code: "internal.bug",
    why: "a row breaks a rule of its table",
    hint: () => "Nothing was written. Report this, with the log.",
  },
};

/** Whether an error says that the disk has no room. */
export function isFull(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE.full || code === SQLITE.ioErrorWrite || code === SQLITE.ioErrorShmSize;
}

/**
 * What went wrong with the state, as an error of the table. One of the table already is handed back
 * as it is.
 *
 * @param doing "use", "read"; continued by the path
 */
export function stateFault(error: unknown, path: string, doing = "use"): FelhomError {
  if (error instanceof FelhomError) return error;
  const fault = faultOf(error);
  return new FelhomError(fault.code, `Cannot ${doing} the state "${path}": ${fault.why}`, {
    hint: fault.hint(path),
    cause: error,
  });
}

/** Whether an error comes from SQLite. */
export function isDatabaseError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

function faultOf(error: unknown): Fault {
  if (isFull(error)) return FULL;
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return {
      ...damaged(),
      why: `a row is not what the agent writes (${issue?.path.join(".")}: ${issue?.message})`,
    };
  }
  const code = resultCode(error) & 0xff;
  if (code === SQLITE.notADatabase) return { ...damaged(), why: "it is not a database" };
  return FAULTS[code === SQLITE.locked ? SQLITE.busy : code] ?? {
    code: "state.unusable",
    why: error instanceof Error ? error.message : String(error),
    hint: (path) => `Nothing was changed. Look at the file and its disk: ls -la ${path}*; dmesg`,
  };
}

function damaged(): Fault {
  return { code: "state.damaged", why: "it is damaged", hint: leftAlone };
}

function leftAlone(): string {
  return "Nothing was changed. Copy the whole folder, then restore it from a backup; see README, State.";
}

/** The runtime leaves the number out on some ways; then its text is all there is. */
const TEXTS: readonly (readonly [RegExp, number])[] = [
  [/disk is full/, SQLITE.full],
  [/is locked/, SQLITE.busy],
  [/readonly database/, SQLITE.readOnly],
  [/is not a database/, SQLITE.notADatabase],
  [/malformed/, SQLITE.corrupt],
  [/constraint failed|cannot store/, SQLITE.constraint],
];

function resultCode(error: unknown): number {
  if (!isDatabaseError(error)) return 0;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode;
  return TEXTS.find(([text]) => text.test(error.message))?.[1] ?? 0;
}
