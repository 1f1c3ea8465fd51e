import { type ErrorCode, FelhomError } from "../errors.ts";
import { printable } from "../log/printable.ts";

/** One thing that is wrong with a document, and where. */
export interface Finding {
  /** The key, `proxmox.tls.fingerprint`, or a variable's or file's name. */
  readonly path: string;
  /** Where it was set: `line 7`, a variable, `environment`. */
  readonly where?: string;
  /** Why it cannot be used. */
  readonly reason?: string;
  /** What was found; a secret is not shown. */
  readonly found?: string;
  readonly allowed?: string;
  readonly hint?: string;
}

/** One thing that is wrong with a configuration. */
export interface Problem extends Finding {
  readonly code: Extract<ErrorCode, `config.${string}`>;
}

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends FelhomError {
  override readonly name = "ConfigError";
  /** The file. */
  readonly path: string;
  readonly problems: readonly Problem[];

  constructor(
    path: string,
    problems: readonly Problem[],
    options: { readonly missing?: boolean } = {},
  ) {
    const codes = new Set(problems.map((problem) => problem.code));
    const [only] = codes;
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const hint = options.missing
      ? `${path} does not exist. Start from configs/agent.example.json.`
      : problems.length === 1
      ? problems[0]?.hint
      : undefined;
    const withHints = options.missing || problems.length > 1;
    const lines = problems.map((problem) => renderFinding(problem, { hint: withHints ?? false }));
    super(
      codes.size === 1 && only !== undefined ? only : "config.invalid",
      `Cannot use the configuration ${printable(path)}: ${count}\n${lines.join("\n")}`,
      hint === undefined ? {} : { hint },
    );
    this.path = path;
    this.problems = problems;
  }
}

/** What is wrong as indented lines, with or without its hint. */
export function renderFinding(
  problem: Finding,
  { hint: withHint }: { readonly hint: boolean },
): string {
  const where = problem.where === undefined ? "" : ` (${printable(problem.where)})`;
  const parts = [
    problem.reason,
    problem.found === undefined ? undefined : `found: ${problem.found}`,
    problem.allowed === undefined ? undefined : `allowed: ${problem.allowed}`,
  ].filter((part) => part !== undefined);
  const hint = withHint && problem.hint !== undefined ? `\n      ${problem.hint}` : "";
  return `  ${printable(problem.path)}${where}: ${parts.join("; ")}${hint}`;
}
