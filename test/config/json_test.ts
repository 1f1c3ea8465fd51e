import { assertEquals, assertThrows } from "@std/assert";
import { JsonSyntaxError, parseJson } from "../../src/config/json.ts";

const TEXTS = [
  "0",
  "-1.5e+3",
  '"a\\u00e9\\n\\"\\\\/"',
  '"\u{1f600}é"',
  "[]",
  "{}",
  '[1, "a", null, true, false, {"a": [[]]}]',
  '{"a": {"b": {"c": 1}}, "d": "e"}',
  ' \t\r\n{"a":1} ',
  '{"__proto__": 1, "constructor": {"x": 2}}',
];
for (const text of TEXTS) {
  Deno.test(`${JSON.stringify(text)} parses as JSON.parse does`, () => {
    assertEquals(JSON.stringify(parseJson(text).value), JSON.stringify(JSON.parse(text)));
  });
}

Deno.test("a key named __proto__ is a key like any other", () => {
  const { value } = parseJson('{"__proto__": {"polluted": true}}');
  assertEquals(Object.keys(value ?? {}), ["__proto__"]);
  assertEquals(Reflect.get({}, "polluted"), undefined);
});

/** A text that is not JSON; where it stops being JSON; why. */
const MISTAKES: readonly (readonly [text: string, line: number, column: number, why: string])[] = [
  ['{"a": 1,}', 1, 9, "A comma stands before the closing brace"],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, '"," or "}" is expected'],
  ["{'a': 1}", 1, 2, "A key in double quotes is expected"],
  ["{\"a\": 'x'}", 1, 7, "Strings stand in double quotes"],
  ['{\n// c\n"a": 1}', 2, 1, "JSON has no comments"],
  ['{"a" 1}', 1, 6, "A colon is expected"],
  ['{"a": "x', 1, 7, "The string is not closed"],
  ['{"a": "x\ny"}', 1, 7, "The string is not closed"],
  ['{"a": "x\ty"}', 1, 9, "control character"],
  ['{"a": "\\x"}', 1, 8, "escape that JSON does not know"],
  ['{"a": 01}', 1, 8, '"," or "}" is expected'],
  ['{"a": .5}', 1, 7, "A value is expected"],
  ['{"a": NaN}', 1, 7, "A value is expected"],
  ['{"a": 1} x', 1, 10, "Nothing may follow"],
  ['{"a": 1, "é": 2, "a": 3}', 1, 18, "The same key occurs twice"],
  ["[1, 2", 1, 6, '"," or "]" is expected'],
  ["[1,]", 1, 4, "A comma stands before the closing bracket"],
  ["", 1, 1, "The text ends"],
  ["[".repeat(40), 1, 18, "nested more than 16 deep"],
];
for (const [text, line, column, why] of MISTAKES) {
  Deno.test(`${JSON.stringify(text.slice(0, 30))} is refused at ${line}:${column}`, () => {
    const error = assertThrows(() => parseJson(text), JsonSyntaxError, why);
    assertEquals([error.line, error.column], [line, column]);
  });
}

Deno.test("random texts are accepted exactly when JSON.parse accepts them", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  // deno-lint-ignore no-console -- a failing run needs its seed
  console.log(`seed ${seed}`);
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const parts = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"a"',
    '"b"',
    "1",
    "-0.5e1",
    "null",
    "tru",
    " ",
    '"',
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + below(8) }, () => parts[below(parts.length)]).join("");
    const ours = attempt(() => JSON.stringify(parseJson(text).value));
    const theirs = attempt(() => JSON.stringify(JSON.parse(text)));
    if (ours === undefined && /"([ab])":.*"\1":/.test(text)) continue; // we refuse equal keys
    assertEquals(ours, theirs, `seed ${seed}: ${text}`);
  }
});

function attempt(parse: () => string): string | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
