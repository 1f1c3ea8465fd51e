import { ConfigError } from "../config/problem.ts";
import { redactTokens } from "../config/secret.ts";
import { EXIT, FelhomError } from "../errors.ts";
import { printable } from "../log/printable.ts";
import type { ExitCode } from "./command.ts";

/** A failure as the command line shows it. */
export interface RenderedError {
  readonly exit: ExitCode;
  /** For people: message, what to do, code. */
  readonly human: string;
  /** For programs: what stands under `error` in the JSON document. */
  readonly json: Readonly<Record<string, unknown>>;
}

const REPORT =
  "This is a defect of felhom-agent. Please report it, with the version and what you did.";

/**
 * Renders whatever was thrown. What the product does not know is a bug of it; its text comes from
 * elsewhere, so what looks like a token is blanked and it stays one line.
 */
export function renderError(thrown: unknown): RenderedError {
  if (!(thrown instanceof FelhomError)) return renderBug(thrown);
  const { code, exitCode, hint, retry } = thrown;
  const isList = thrown instanceof ConfigError || code === "desired.invalid";
  const lines = isList ? thrown.message.split("\n") : [thrown.message];
  const message = lines.map(clean).join("\n");
  const advice = hint === undefined ? "" : `\n  ${clean(hint)}`;
  return {
    exit: exitCode,
    human: `felhom-agent: ${message}${advice}\n  (${code})\n`,
    json: {
      code,
      message,
      retry,
      ...(hint === undefined ? {} : { hint: clean(hint) }),
      ...(thrown instanceof ConfigError ? { problems: thrown.problems } : {}),
    },
  };
}

function renderBug(thrown: unknown): RenderedError {
  const message = `Unexpected: ${clean(describe(thrown)).slice(0, 500)}`;
  const at = thrown instanceof Error ? frames(thrown) : [];
  const trace = at.map((frame) => `\n    ${frame}`).join("");
  return {
    exit: EXIT.internal,
    human: `felhom-agent: ${message}\n  ${REPORT}${trace}\n  (internal.bug)\n`,
    json: { code: "internal.bug", message, retry: "never", hint: REPORT, trace: at },
  };
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return typeof thrown === "string" ? thrown : `a thrown ${typeof thrown}`;
}

/** Where it happened: the first frames of the stack, without the message that precedes them. */
function frames(error: Error): string[] {
  const lines = (error.stack ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => /^at \S/.test(line)).slice(0, 8).map(clean);
}

function clean(text: string): string {
  return printable(redactTokens(text));
}
