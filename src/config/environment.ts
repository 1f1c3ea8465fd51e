import { ALTERNATIVES, SETTINGS } from "./schema.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Problem } from "./problem.ts";

/** Reads one environment variable. */
export type ReadEnv = (name: string) => string | undefined;

const PREFIX = "FELHOM_AGENT_";

/** The variable that overrides a key: `proxmox.token` → `FELHOM_AGENT_PROXMOX_TOKEN`. */
export function variableOf(path: string): string {
  return PREFIX + path.replaceAll(".", "_").toUpperCase();
}

/** The value a variable stands for; what does not fit stays text, for the schema to refuse. */
function valueOf(text: string, kind: "text" | "number" | "flag" | "list"): Json {
  switch (kind) {
    case "text":
      return text;
    case "number":
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case "flag":
      return text === "true" || text === "1"
        ? true
        : text === "false" || text === "0"
        ? false
        : text;
    case "list":
      return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  }
}

export interface Overridden {
  readonly tree: JsonObject;
  /** Paths that the environment set. */
  readonly paths: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/**
 * The file's tree with what the environment sets in place of the file's values. A variable of a
 * group of alternatives (token or token_file; the kinds of trust) takes the place of the whole
 * group.
 */
export function applyEnvironment(file: JsonObject, env: ReadEnv): Overridden {
  const tree = copy(file);
  const paths = new Set<string>();
  const problems: Problem[] = [];
  const values = new Map<string, Json>();
  for (const [path, { kind }] of SETTINGS) {
    const text = env(variableOf(path));
    if (text === undefined) continue;
    paths.add(path);
    if (text === "") {
      problems.push({
        code: "config.invalid",
        path,
        where: variableOf(path),
        reason: "The variable is set but empty",
        hint: "Unset it, or give it a value.",
      });
    } else values.set(path, valueOf(text, kind));
  }
  for (const group of ALTERNATIVES) {
    if (!group.some((path) => paths.has(path) && values.get(path) !== false)) continue;
    for (const path of group) remove(tree, path.split("."));
  }
  for (const [path, value] of values) set(tree, path.split("."), value);
  problems.push(...misspelt(env));
  return { tree, paths, problems };
}

/**
 * Variables that nobody reads but somebody meant. The program may ask for any `FELHOM_AGENT_*` by
 * name but not list the environment (Deno gives that right for all variables or for none), so the
 * likely mistakes are asked for: each name one edit away, or with a part of the path left out.
 */
function misspelt(env: ReadEnv): Problem[] {
  const problems: Problem[] = [];
  const asked = new Set([...SETTINGS.keys()].map(variableOf));
  for (const path of SETTINGS.keys()) {
    const name = variableOf(path);
    for (const mistake of mistakes(path)) {
      if (asked.has(mistake)) continue;
      asked.add(mistake);
      if (env(mistake) === undefined) continue;
      problems.push({
        code: "config.invalid",
        path: mistake,
        where: "environment",
        reason: "No key has this name",
        hint: `Did you mean ${name}?`,
      });
    }
  }
  return problems;
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"];

/** Likely mistakes in the name of a key's variable. */
export function* mistakes(path: string): Generator<string> {
  const segments = path.split(".");
  for (let dropped = 0; dropped < segments.length - 1; dropped++) {
    yield variableOf(segments.toSpliced(dropped, 1).join("."));
    yield variableOf(segments.slice(dropped + 1).join("."));
  }
  yield variableOf(path.replaceAll("_", ""));
  yield variableOf(path.replaceAll(/[._]/g, ""));
  const name = variableOf(path).slice(PREFIX.length);
  for (let at = 0; at <= name.length; at++) {
    const before = name.slice(0, at);
    const after = name.slice(at);
    if (after !== "") yield PREFIX + before + after.slice(1);
    if (after.length > 1) yield `${PREFIX}${before}${after[1]}${after[0]}${after.slice(2)}`;
    for (const letter of LETTERS) {
      yield PREFIX + before + letter + after;
      if (after !== "") yield PREFIX + before + letter + after.slice(1);
    }
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy to write to. A key that is `null` is one that is not set. */
function copy(object: JsonObject, section = ""): JsonObject {
  const result: JsonObject = Object.create(null);
  for (const [key, value] of Object.entries(object)) {
    const path = section + key;
    if (value === null && SETTINGS.has(path)) continue;
    result[key] = isObject(value) ? copy(value, `${path}.`) : value;
  }
  return result;
}

function remove(tree: JsonObject, [key = "", ...rest]: readonly string[]): void {
  if (rest.length === 0) delete tree[key];
  else {
    const child = tree[key];
    if (isObject(child)) remove(child, rest);
  }
}

function set(tree: JsonObject, [key = "", ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child: Json = tree[key] ?? Object.create(null);
  // Something else stands where a section should be: the schema says so.
  if (!isObject(child)) return;
  tree[key] = child;
  set(child, rest, value);
}
