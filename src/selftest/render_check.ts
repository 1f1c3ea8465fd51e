import { redactTokens } from "../config/secret.ts";
import { printable } from "../log/printable.ts";
import type { CheckResult, CheckStatus } from "./check.ts";

const LABELS = { ok: "ok", warning: "WARNING", failed: "FAILED", skipped: "skipped" } as const;
const COLORS: Readonly<Record<CheckStatus, string>> = {
  ok: "\x1b[32m",
  warning: "\x1b[33m",
  failed: "\x1b[31m",
  skipped: "\x1b[2m",
};
const LABEL_WIDTH = 7;
/** The longest name is `configuration`. */
const NAME_WIDTH = 13;

/** One check as one line: what became of it, its name, its time, what was found, what to do. */
export function renderCheck(
  result: CheckResult,
  options: { readonly color: boolean },
): string {
  const { status, name, tookMs, detail, hint } = result;
  const label = LABELS[status].padEnd(LABEL_WIDTH);
  const shown = options.color ? `${COLORS[status]}${label}\x1b[0m` : label;
  const time = `${tookMs} ms`.padStart(8);
  const text = printable(redactTokens(hint === undefined ? detail : `${detail}. To do: ${hint}`));
  return `${shown} ${name.padEnd(NAME_WIDTH)} ${time}  ${text}\n`;
}

/** The commands that mend what was found, to be copied; empty when there are none. */
export function renderCommands(results: readonly CheckResult[]): string {
  return results.filter(({ commands = [] }) => commands.length > 0).map(({ name, commands = [] }) =>
    `\nTo mend ${name}, as root on the host:\n${
      commands.map((command) => `  ${printable(command)}\n`).join("")
    }`
  ).join("");
}

/** All checks in one line: `12 checks: 9 ok, 1 warning, 1 failed, 1 skipped`. */
export function renderSummary(results: readonly CheckResult[]): string {
  const counts = (["ok", "warning", "failed", "skipped"] as const)
    .map((status) => [status, results.filter((result) => result.status === status).length] as const)
    .filter(([status, count]) => count > 0 || status === "ok" || status === "failed");
  return `${results.length} checks: ${
    counts.map(([status, count]) => `${count} ${status}`).join(", ")
  }\n`;
}
