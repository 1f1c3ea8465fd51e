import { assertEquals, assertThrows } from "@std/assert";
import { encodePerlJson } from "./encode_perl_json.ts";
import { decodeForm, extractParams, mediaType } from "./parameters.ts";
import { decodePerlJson } from "./decode_perl_json.ts";
import { seededRandom } from "../random.ts";
import { parseRequestHead } from "./request_head.ts";
import { parseTarget, pathSegments } from "./target.ts";

Deno.test("form text becomes parameters as in Proxmox", () => {
  const cases: [string, object][] = [
    ["", {}],
    ["a=1&b=2", { a: "1", b: "2" }],
    ["a=1;b=2", { a: "1", b: "2" }],
    ["a=1%3B2", { a: "1;2" }],
    ["a=1&a=2&a=3", { a: ["1", "2", "3"] }],
    ["a=x+y%2B", { a: "x y+" }],
    ["a=%C5%B1", { a: "ű" }],
    ["a=%E9", { a: "\ufffd" }],
    ["a=\xc5\xb1", { a: "ű" }],
    ["a=%zz", { a: "%zz" }],
    ["a=b=c", { a: "b" }],
    ["a", { a: null }],
    ["a=", { a: null }],
    ["__proto__=x", JSON.parse('{"__proto__":"x"}')],
  ];
  for (const [text, expected] of cases) {
    assertEquals(JSON.stringify(decodeForm(text)), JSON.stringify(expected), text);
  }
});

Deno.test("the query overrides the body and _dc is dropped", () => {
  const body = (text: string) => new TextEncoder().encode(text);
  const form = { type: undefined, bytes: body("memory=195&cores=2&_dc=1") };
  assertEquals({ ...extractParams("PUT", "memory=194&_dc=2", form) }, {
    memory: "194",
    cores: "2",
  });
  const json = { type: "application/json", bytes: body('{"memory":195,"delete":["a","b"]}') };
  assertEquals({ ...extractParams("PUT", "x=1", json) }, {
    memory: 195,
    delete: ["a", "b"],
    x: "1",
  });
  assertEquals({ ...extractParams("GET", "x=1", form) }, { x: "1" });
});

Deno.test("the media type ends at the first semicolon or comma", () => {
  assertEquals(mediaType("application/json; charset=UTF-8"), "application/json");
  assertEquals(mediaType("application/json,x"), "application/json");
  assertEquals([mediaType(undefined), mediaType("")], [undefined, undefined]);
});

Deno.test("malformed JSON is refused in the words of Perl", () => {
  const cases: [string, string][] = [
    ["{bad", '\'"\' expected, at character offset 1 (before "bad")'],
    [
      "",
      "malformed JSON string, neither tag, array, object, number, string or atom, " +
      'at character offset 0 (before "(end of string)")',
    ],
    ['{"a" 1}', "':' expected, at character offset 5 (before \"1}\")"],
    ['{"a":1 "b"}', ", or } expected while parsing object/hash, at character offset 7"],
    ["[1 2]", ', or ] expected while parsing array, at character offset 3 (before "2]")'],
    ['{"a":"x', "unexpected end of string while parsing JSON string"],
    ['{"a":1}}', 'garbage after JSON object, at character offset 7 (before "}")'],
    ["[01]", "malformed number (leading zero must not be followed by another digit)"],
    ["[-]", "malformed number (no digits after initial minus)"],
    ["[1.]", "malformed number (no digits after decimal point)"],
    ["[1e]", "malformed number (no digits after exp sign)"],
    ["[tru]", "'true' expected"],
    ['["\\x"]', "illegal backslash escape sequence in string"],
    ['["a\nb"]', "invalid character 0xA encountered while parsing JSON string"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => decodePerlJson(text), SyntaxError, message);
  }
});

Deno.test("what is no JSON is always refused, and never with another error", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  const alphabet = '{}[]",:\\ntrueflsabu0123456789.eE+- \n';
  for (let round = 0; round < 3000; round++) {
    const length = Math.floor(random() * 12);
    const text = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)])
      .join("");
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    if (valid) decodePerlJson(text);
    else {assertThrows(
        () => decodePerlJson(text),
        SyntaxError,
        "AnyEvent.pm",
        `seed ${seed}: ${text}`,
      );}
  }
});

Deno.test("a JSON body that is no object is refused, null is none", () => {
  const read = (text: string) =>
    extractParams("PUT", "", { type: "application/json", bytes: new TextEncoder().encode(text) });
  assertEquals({ ...read("null") }, {});
  assertThrows(() => read("[1]"), SyntaxError, "Not a HASH reference at ");
  assertThrows(() => read('"x"'), SyntaxError, `Can't use string ("x") as a HASH ref`);
});

Deno.test("fractions are written as Perl writes them", () => {
  const cases: [number, string][] = [
    [0.1 + 0.2, "0.3"],
    [0.00012, "0.00012"],
    [0.00001234, "1.234e-05"],
    [-0.00000000001, "-1e-11"],
    [1795225387858, "1795225387858"],
    [1 / 3, "0.333333333333333"],
  ];
  for (const [value, text] of cases) {
    assertEquals(encodePerlJson({ data: [value, "0.00001"] }), `{"data":[${text},"0.00001"]}`);
  }
});

Deno.test("a head is read once it is whole, at whatever place it was cut", () => {
  const text =
    "\r\nGET /a?b HTTP/1.1\r\nHost: x\nX-Long: a\r\n  b\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\nrest";
  const whole = text.length - "rest".length;
  for (let cut = 0; cut < whole; cut++) {
    assertEquals(parseRequestHead(text.slice(0, cut)).kind, "incomplete", `cut at ${cut}`);
  }
  const result = parseRequestHead(text);
  assertEquals(result.kind === "head" && result.length, whole);
  assertEquals(result.kind === "head" && Object.fromEntries(result.head.headers), {
    "host": "x",
    "x-long": "a b",
    "x-twice": "1, 2",
  });
});

Deno.test("a head that is wrong is refused by the line, too large a one is met with silence", () => {
  const request = "GET / HTTP/1.1\r\n";
  const lines = (count: number) => "X: y\r\n".repeat(count);
  const cases: [string, string][] = [
    ["hello\r\n", "400 bad request"],
    ["GET / HTTP/2.0\r\n", "506 http protocol version 2.0 not supported"],
    ["GET x@y/ HTTP/1.1\r\n", "400 invalid url"],
    [`${request}no header\r\n`, "506 unable to parse request header"],
    [`${request}${lines(62)}\r\n`, "head"],
    [`${request}${lines(63)}\r\n`, "silence"],
    [`${request}X: ${"y".repeat(8188)}\r\n\r\n`, "head"],
    [`${request}X: ${"y".repeat(8189)}\r\n\r\n`, "silence"],
  ];
  for (const [text, expected] of cases) {
    const result = parseRequestHead(text);
    assertEquals(
      result.kind === "refused" ? `${result.status} ${result.message}` : result.kind,
      expected,
      text.slice(0, 60),
    );
  }
});

Deno.test("a target is decoded once, before it is split", () => {
  const uri = (target: string) => {
    const parsed = parseTarget(target);
    return parsed.kind === "api" ? [parsed.format, ...pathSegments(parsed.uri)] : parsed.kind;
  };
  assertEquals(uri("/api2/json/nodes//pve/"), ["json", "nodes", "pve"]);
  assertEquals(uri("/api2/json/a%2Fb"), ["json", "a", "b"]);
  assertEquals(uri("/api2/json/a%252Fb"), ["json", "a%2Fb"]);
  assertEquals(uri("/api2/json/%C5%B1"), ["json", "ű"]);
  assertEquals(uri("/api2/json"), ["json"]);
  assertEquals(uri("//api2/json/x"), "page");
  assertEquals(uri("/api2"), "nothing");
  assertEquals(uri("/api2/json/a%0Ab"), "nothing");
  assertEquals(uri("https://pve:8006/api2/extjs/version?x#y"), ["extjs", "version"]);
  assertEquals(uri("/favicon.ico"), "page");
});
