import { assert, assertEquals } from "@std/assert";
import { named } from "./find_mutants.ts";
import { applied, type Mutant } from "./mutation.ts";
import plugin from "./plugin.ts";

function mutantsOf(source: string): Mutant[] {
  return named(
    Deno.lint.runPlugin(plugin, "src/it.ts", source).map(({ message }) => ({
      file: "src/it.ts",
      line: 1,
      found: JSON.parse(message),
    })),
  );
}

/** What an operator makes of a text, in the order of the text. */
function made(operator: string, source: string): string[] {
  return mutantsOf(source).filter((mutant) => mutant.operator === operator)
    .map((mutant) => applied(source, mutant));
}

const CASES: readonly (readonly [operator: string, source: string, made: readonly string[]])[] = [
  ["negate", "if (a) b();", ["if (!(a)) b();"]],
  ["negate", "x = a ? b : c;", ["x = !(a) ? b : c;"]],
  ["negate", "while (a) b();", ["while (!(a)) b();"]],
  ["drop_guard", "function f() { if (a) return b; c(); }", ["function f() { {} c(); }"]],
  ["drop_guard", "for (;;) { if (a) { b(); continue; } }", ["for (;;) { {} }"]],
  ["drop_guard", "if (a) throw b; else c();", ["c();"]],
  ["drop_guard", "if (a) b();", []],
  ["never", "if (a) b(); else c();", ["c();"]],
  ["always", "if (a) b();", ["if (true) b();"]],
  ["take_first", "x = a ? b : c;", ["x = (b);"]],
  ["take_second", "x = a ? b : c;", ["x = (c);"]],
  ["drop_operand", "x = a && (b || c);", [
    "x = (b || c);",
    "x = (a);",
    "x = a && ((c));",
    "x = a && ((b));",
  ]],
  ["drop_operand", "x = a ?? b ?? c;", [
    "x = (b) ?? (c);",
    "x = (a) ?? (c);",
    "x = (a) ?? (b);",
  ]],
  ["compare", "x = a < b;", ["x = a <= b;"]],
  ["compare", "x = (a.b) >= (c);", ["x = (a.b) > (c);"]],
  ["compare", "x = a === b;", ["x = a !== b;"]],
  // To negate it is the same.
  ["compare", "if (a === b) c();", []],
  ["compare", "if (a < b) c();", ["if (a <= b) c();"]],
  ["drop_not", "x = !a.b;", ["x = (a.b);"]],
  ["opposite_call", "x = a.some(b);", ["x = a.every(b);"]],
  ["opposite_call", "x = Math.min(a, b);", ["x = Math.max(a, b);"]],
  ["constant", "x.find((y) => y.z === 1);", ["x.find((y) => true);", "x.find((y) => false);"]],
  ["constant", "function f(): boolean { return g(); }", [
    "function f(): boolean { return true; }",
    "function f(): boolean { return false; }",
  ]],
  ["drop_step", "function f() { check(a); }", ["function f() { {} }"]],
  ["drop_step", "async function f() { await check(a); this.b = c; }", [
    "async function f() { {} this.b = c; }",
    "async function f() { await check(a); {} }",
  ]],
  ["drop_step", "function f() { this.log.warn(a); }", []],
  ["drop_step", "function f() { if (a) { check(b); } }", []],
  ["drop_step", "function f() { if (a) { check(b); check(c); } }", [
    "function f() { if (a) { {} check(c); } }",
    "function f() { if (a) { check(b); {} } }",
  ]],
  ["drop_throw", "function f() { if (a) return; throw b; }", [
    "function f() { if (a) return; {} }",
  ]],
  ["drop_case", 'switch (a) { case "b": return c; default: return d; }', [
    "switch (a) {  default: return d; }",
  ]],
  ["empty_case", 'switch (a) { case "b": return c; default: return a satisfies never; }', [
    'switch (a) { case "b": break; default: return a satisfies never; }',
  ]],
  ["flip", "function f() { return true; }", ["function f() { return false; }"]],
  ["number", "const MOST = { of: 8 };", ["const MOST = { of: 16 };", "const MOST = { of: 4 };"]],
  ["number", "const LIFE = 10 * 60_000;", [
    "const LIFE = 20 * 60_000;",
    "const LIFE = 5 * 60_000;",
    "const LIFE = 10 * 120000;",
    "const LIFE = 10 * 30000;",
  ]],
  ["number", "function f() { return a.slice(7) === 0; }", [
    "function f() { return a.slice(7) === 1; }",
  ]],
  ["drop_element", 'const KINDS = ["a", "b"];', ['const KINDS = ["b"];', 'const KINDS = ["a"];']],
  ["sql", 'x("DELETE FROM a WHERE b < ? AND c = ?");', [
    'x("DELETE FROM a WHERE b <= ? AND c = ?");',
    'x("DELETE FROM a WHERE b < ? OR c = ?");',
    'x("DELETE FROM a WHERE b < ? AND c <> ?");',
  ]],
  ["sql", "x(`UPDATE a SET b = ? WHERE c IS NULL AND ${d}`);", [
    "x(`UPDATE a SET b = ? WHERE c IS NOT NULL AND ${d}`);",
    "x(`UPDATE a SET b = ? WHERE c IS NULL OR ${d}`);",
  ]],
  ["sql", 'x("No more than a < b");', []],
];

for (const [operator, source, expected] of CASES) {
  Deno.test(`${operator}: ${source}`, () => assertEquals(made(operator, source), expected));
}

Deno.test("A mutant is told by file, function, operator and change, and no two are told alike", () => {
  const source = "function f(a) {\n  if (a) return 1;\n  if (a) return 1;\n  return 0;\n}";
  assertEquals(
    mutantsOf(source).map(({ id }) => id),
    [
      "src/it.ts › f › drop_guard › if (a) return 1; → {}",
      "src/it.ts › f › negate › if (a) return 1; → if (!(a)) return 1;",
      "src/it.ts › f › drop_guard › if (a) return 1; → {} #2",
      "src/it.ts › f › negate › if (a) return 1; → if (!(a)) return 1; #2",
    ],
  );
});

Deno.test("A line that moves keeps its mutants' names", () => {
  const source = "function f(a) { if (a) return 1; return 0; }";
  const names = (text: string) => mutantsOf(text).map(({ id }) => id);
  assertEquals(names(`const b = 1;\n\n${source}`), names(source));
  assert(names(source).length > 0);
});
