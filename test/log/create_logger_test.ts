import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Secret } from "../../src/config/secret.ts";
import { FelhomError } from "../../src/errors.ts";
import { createLogger, type LoggerOptions } from "../../src/log/create_logger.ts";
import type { Logger } from "../../src/log/logger.ts";
import { FakeClock } from "../support/fake_clock.ts";

const TOKEN = "agent@pve!felhom=6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";
const SECRET = "6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";

function written(log: (logger: Logger) => void, options: Partial<LoggerOptions> = {}): string {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  log(createLogger({ clock: new FakeClock(), sink, ...options }));
  return lines.join("");
}

function parsed(log: (logger: Logger) => void): Record<string, unknown> {
  return JSON.parse(written(log, { level: "debug" }));
}

Deno.test("a line of JSON has time, level, component, operation, message and fields", () => {
  const line = parsed((logger) =>
    logger.child({ component: "proxmox" }).child({ operation: "01JD" }).warn("Slow", { ms: 12 })
  );
  assertEquals(line, {
    time: "2026-11-20T12:00:00.000Z",
    level: "warn",
    component: "proxmox",
    operation: "01JD",
    message: "Slow",
    fields: { ms: 12 },
  });
});

Deno.test("a line for people has the same in one line", () => {
  const log = (logger: Logger) =>
    logger.child({ component: "proxmox", operation: "01JD" })
      .info("Read node", { node: "pve", ms: 1.5, why: "a b", list: [1] });
  assertEquals(
    written(log, { format: "human" }),
    '2026-11-20T12:00:00.000Z INFO  proxmox [01JD] Read node node=pve ms=1.5 why="a b" list=[1]\n',
  );
});

Deno.test("lines below the level are not written", () => {
  const all = (logger: Logger) => {
    logger.debug("d");
    logger.info("i");
    logger.warn("w");
    logger.error("e");
  };
  const levels = ["debug", "info", "warn", "error"] as const;
  const counts = levels.map((level) => written(all, { level }).split("\n").length - 1);
  assertEquals(counts, [4, 3, 2, 1]);
});

Deno.test("colour stands on the level alone, and in text for people alone", () => {
  const log = (logger: Logger) => logger.error("Broken");
  const human = written(log, { format: "human", color: true });
  assertStringIncludes(human, "\x1b[31mERROR\x1b[0m agent Broken");
  assert(!written(log, { format: "json", color: true }).includes("\x1b"));
});

/** Text from outside that would do something to a terminal, a log or a reader. */
const HOSTILE = [
  "\x1b[2J\x1b[31mred",
  "\x1b]0;title\x07",
  "\x9b31m",
  "one\ntwo\r\nthree",
  '\n{"level":"error","message":"forged"}',
  "\u202egnp.exe\u202c",
  "\u2066hidden\u2069",
  "zero\u200bwidth\u200d\ufeff\u2060",
  "soft\u00adhyphen",
  "\u2028line\u2029paragraph",
  "\u{e0041}tag",
  "\0nul\x7fdel\x08\x08",
  "\ud800 lone",
  "\u3164filler",
  "z" + "\u0300".repeat(20),
];
for (const text of HOSTILE) {
  Deno.test(`${JSON.stringify(text)} does nothing to a terminal or a log`, () => {
    const log = (logger: Logger) =>
      logger.child({ component: text, operation: text }).info(text, { [text]: text, e: [text] });
    for (const format of ["human", "json"] as const) {
      const line = written(log, { format });
      assertEquals(line.split("\n").length, 2, line);
      const rest = line.slice(0, -1).replaceAll(/[ -~\u2026]/g, "").replaceAll("\u0300", "");
      assertEquals(rest, "", line);
      assert(!/\u0300{4}/.test(line));
    }
    const line = JSON.parse(written(log));
    assertEquals(line.message, text);
  });
}

Deno.test("fields of every kind are written as data", () => {
  const cycle: Record<string, unknown> = { a: 1 };
  cycle["self"] = cycle;
  const { fields } = parsed((logger) =>
    logger.info("All", {
      cycle,
      big: 2n ** 70n,
      nothing: undefined,
      empty: null,
      nan: NaN,
      run: () => 1,
      symbol: Symbol("s"),
      date: new Date(0),
      wrong: new Date(NaN),
      bytes: new Uint8Array(9),
      map: new Map([["k", new Set([1])]]),
      secret: new Secret(TOKEN),
      error: new FelhomError("config.missing", "No token", {
        hint: "Set one.",
        cause: new TypeError("deep", { cause: new Secret(TOKEN) }),
      }),
      throwing: {
        get x() {
          throw new Error("getter");
        },
      },
      revoked: revokedProxy(),
      deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
      many: Array.from({ length: 1000 }, (_, index) => index),
      long: "x".repeat(100_000),
      tojson: { toJSON: () => TOKEN },
      __proto__: { inherited: 1 },
    })
  );
  const shown = JSON.parse(JSON.stringify(fields));
  assertEquals(shown.cycle, { a: 1, self: "[circular]" });
  assertEquals(shown.big, "1180591620717411303424");
  assertEquals("nothing" in shown, false);
  assertEquals(shown.empty, null);
  assertEquals(shown.nan, "NaN");
  assertEquals(shown.run, "[function]");
  assertEquals(shown.symbol, "Symbol(s)");
  assertEquals(shown.date, "1970-01-01T00:00:00.000Z");
  assertEquals(shown.wrong, "Invalid Date");
  assertEquals(shown.bytes, "[9 bytes]");
  assertEquals(shown.map, { k: [1] });
  assertEquals(shown.secret, "[redacted]");
  assertEquals(shown.error.code, "config.missing");
  assertEquals(shown.error.hint, "Set one.");
  assertEquals(shown.error.cause, { name: "TypeError", message: "deep", cause: "[redacted]" });
  assertEquals(shown.throwing, { x: "[unreadable]" });
  assertEquals(shown.revoked, "[unreadable]");
  assertStringIncludes(JSON.stringify(shown.deep), "[too deep]");
  assertEquals(shown.many.length, 51);
  assertEquals(shown.long.endsWith("(99000 more characters)"), true);
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

Deno.test("a line is bounded whatever goes into it", () => {
  const huge = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`k${index}`, "\x1b".repeat(5000)]),
  );
  for (const format of ["human", "json"] as const) {
    const line = written((logger) => logger.info("\x1b".repeat(1e6), huge), { format });
    assert(line.length < 16_384, String(line.length));
    if (format === "json") JSON.parse(line);
  }
});

Deno.test("what looks like a token is blanked in messages and fields", () => {
  for (const format of ["human", "json"] as const) {
    const line = written((logger) =>
      logger.info(`Header PVEAPIToken=${TOKEN} sent`, {
        token: TOKEN,
        headers: { authorization: `PVEAPIToken=${TOKEN}` },
        error: new Error(`Bad ${TOKEN}`, { cause: { text: encodeURIComponent(TOKEN) } }),
        [TOKEN]: 1,
      }), { format });
    assert(!line.includes(SECRET), line);
    assertStringIncludes(line, "agent@pve!felhom=[redacted]");
  }
});
