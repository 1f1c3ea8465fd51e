import type { Clock } from "../clock.ts";
import type { Fields, Level, Logger } from "./logger.ts";
import { plainValue } from "./plain_value.ts";
import { printable, printableJson } from "./printable.ts";
import { redactTokens } from "../config/secret.ts";

/** Where lines go. `write` gets one line with its newline and never throws. */
export interface LogSink {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly clock: Clock;
  readonly sink: LogSink;
  /**
   * The least important lines that are written.
   *
   * @default "info"
   */
  readonly level?: Level;
  /**
   * One JSON object a line, or text for people.
   *
   * @default "json"
   */
  readonly format?: "json" | "human";
  /**
   * Whether people's text is coloured. Never for JSON.
   *
   * @default false
   */
  readonly color?: boolean;
}

interface Line {
  readonly time: string;
  readonly level: Level;
  readonly component: string;
  readonly operation: string | undefined;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

const WEIGHT: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const COLOR: Readonly<Record<Level, string>> = {
  debug: "\x1b[2m",
  info: "",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const RESET = "\x1b[0m";

/** In characters; journald cuts at 48 KiB, a reader long before. */
const LONGEST_MESSAGE = 2000;
const LONGEST_LINE = 8000;

/**
 * A logger that writes one line for each call: time, level, component, operation id, message and
 * fields. Whatever is passed to it, a line stays one line, is bounded, moves no cursor, and shows no
 * secret; and logging never throws.
 */
export function createLogger(options: LoggerOptions): Logger {
  return bind(options, "agent", undefined);
}

function bind(options: LoggerOptions, component: string, operation: string | undefined): Logger {
  const least = WEIGHT[options.level ?? "info"];
  const write = (level: Level, message: string, fields: Fields | undefined) => {
    if (WEIGHT[level] < least) return;
    const line: Line = {
      time: new Date(options.clock.now()).toISOString(),
      level,
      component,
      operation,
      message: redactTokens(cut(message, LONGEST_MESSAGE)),
      fields: fields === undefined ? undefined : plainFields(fields),
    };
    options.sink.write(options.format === "human" ? human(line, options.color) : json(line));
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    child: (bound) =>
      bind(options, short(bound.component) ?? component, short(bound.operation) ?? operation),
  };
}

function plainFields(fields: Fields): Record<string, unknown> | undefined {
  const plain = plainValue(fields);
  return typeof plain === "object" && plain !== null && !Array.isArray(plain)
    ? { ...plain }
    : { value: plain };
}

function json(line: Line): string {
  const text = printableJson(JSON.stringify(line));
  if (text.length <= LONGEST_LINE) return text + "\n";
  const size = `dropped: ${text.length} characters`;
  return printableJson(JSON.stringify({ ...line, fields: size })) + "\n";
}

function human(line: Line, color = false): string {
  const { time, level, component, operation, message, fields } = line;
  const shown = operation === undefined ? "" : ` [${printable(operation)}]`;
  const pairs = Object.entries(fields ?? {}).map(([key, value]) => {
    const text = typeof value === "string" && /^[\w.:/@!-]+$/.test(value)
      ? value
      : JSON.stringify(value);
    return ` ${printable(key)}=${printable(text)}`;
  }).join("");
  const mark = level.toUpperCase().padEnd(5);
  const colored = color && COLOR[level] !== "" ? `${COLOR[level]}${mark}${RESET}` : mark;
  const text = `${time} ${colored} ${printable(component)}${shown} ${printable(message)}${pairs}`;
  return cut(text, LONGEST_LINE) + "\n";
}

function short(name: string | undefined): string | undefined {
  return name?.slice(0, 100);
}

function cut(text: string, longest: number): string {
  const left = text.length - longest;
  return left <= 0 ? text : `${text.slice(0, longest)}… (${left} more characters)`;
}
