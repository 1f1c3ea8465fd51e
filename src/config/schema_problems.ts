import type * as z from "zod";
import { printable } from "../log/printable.ts";
import { variableOf } from "./environment.ts";
import { describeFound } from "./found.ts";
import { type JsonObject, valueAt } from "./json.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import { SETTINGS } from "./schema.ts";
import { looksSecret, REDACTED } from "./secret.ts";

/** Turns what the schema refuses into problems: one for each key, one for each unknown key. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  tree: JsonObject,
  where: (path: string) => string | undefined,
): Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of issues) {
    for (const problem of fromIssue(issue, tree, where)) {
      if (!problems.has(problem.path)) problems.set(problem.path, problem);
    }
  }
  return [...problems.values()];
}

function fromIssue(
  issue: z.core.$ZodIssue,
  tree: JsonObject,
  where: (path: string) => string | undefined,
): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...path, key], where));
  }
  // A list's element is judged by the setting of the list.
  const key = SETTINGS.has(path.join(".")) ? path.join(".") : path.slice(0, -1).join(".");
  const setting = SETTINGS.get(key);
  const value = valueAt(tree, path.join("."));
  const at = where(path.join(".")) ?? where(key);
  const place = at === undefined ? {} : { where: at };
  if (value === undefined) {
    return [{
      code: "config.missing",
      path: path.join("."),
      ...place,
      reason: "Not set",
      ...(setting === undefined ? {} : { allowed: setting.allowed }),
      hint: `Set it in the file, or ${variableOf(path.join("."))}.`,
    }];
  }
  const reason = issue.code === "custom" || issue.code === "invalid_value" ? issue.message : "";
  const found = setting?.secret ? REDACTED : describeFound(value);
  return [{
    code: "config.invalid",
    path: path.join("."),
    ...place,
    found: reason === "" ? found : `${found}, but ${reason}`,
    allowed: setting?.allowed ?? "an object",
  }];
}

function unknownKey(
  path: readonly string[],
  where: (path: string) => string | undefined,
): Problem {
  const full = path.join(".");
  const shown = looksSecret(full) ? `${path.slice(0, -1).join(".")}.${REDACTED}` : printable(full);
  const meant = looksSecret(full) ? undefined : suggestion(path);
  const at = where(full);
  return {
    code: "config.invalid",
    path: shown,
    ...(at === undefined ? {} : { where: at }),
    reason: "No key has this name",
    ...(meant === undefined ? {} : { hint: `Did you mean ${meant}?` }),
  };
}

/** The key that was meant: one of the same section first, else one of the same name elsewhere. */
function suggestion(path: readonly string[]): string | undefined {
  const section = path.slice(0, -1).join(".");
  const name = path.at(-1) ?? "";
  const keys = new Set<string>();
  for (const leaf of SETTINGS.keys()) {
    const segments = leaf.split(".");
    for (let depth = 1; depth <= segments.length; depth++) {
      keys.add(segments.slice(0, depth).join("."));
    }
  }
  const inSection = [...keys].filter((key) => key.slice(0, key.lastIndexOf(".")) === section)
    .filter((key) => section !== "" || !key.includes("."));
  const lastOf = (key: string) => key.slice(key.lastIndexOf(".") + 1);
  const sibling = nearest(name, inSection.map(lastOf));
  if (sibling !== undefined) return section === "" ? sibling : `${section}.${sibling}`;
  const other = nearest(name, [...keys].map(lastOf));
  return other === undefined ? undefined : [...keys].find((key) => lastOf(key) === other);
}
