import { variableOf } from "../../src/config/environment.ts";
import { SETTINGS, settingsSchema } from "../../src/config/schema.ts";
import { type ErrorCode, errorEntry } from "../../src/errors.ts";

/** The line of the README for a key of the configuration, whitespace apart. */
export function keyLines(): string[] {
  const required = requiredKeys();
  const defaults = settingsSchema.parse(MINIMAL);
  return [...SETTINGS].map(([key, { allowed, purpose }]) => {
    const usual = valueAt(defaults, key);
    const state = required.has(key)
      ? "required"
      : usual === undefined
      ? "optional"
      : `default \`${typeof usual === "string" ? usual : JSON.stringify(usual)}\``;
    return `- \`${key}\` (${state}): ${purpose} Allowed: ${allowed}.`;
  });
}

/** The environment variable of each key, a line each. */
export function variableLines(): string[] {
  return [...SETTINGS.keys()].map(variableOf);
}

/** What the README's entry of an error begins with; what to do follows. */
export function errorLine(code: ErrorCode): string {
  const { exit, http, reference, retry, summary } = errorEntry(code);
  const anchor = reference.slice(reference.indexOf("#") + 1);
  return `- <a id="${anchor}"></a>\`${code}\` (exit ${exit}, HTTP ${http}, retry ${retry}): ${summary}`;
}

/** What every configuration must say. */
const MINIMAL = {
  proxmox: { endpoint: "https://127.0.0.1:8006", node: "pve" },
  guests: { managed_vmids: { first: 100, last: 199 } },
};

function requiredKeys(): Set<string> {
  const { error } = settingsSchema.safeParse({});
  return new Set(error?.issues.map(({ path }) => path.join(".")));
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    value,
  );
}
