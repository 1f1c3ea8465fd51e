import { assertEquals } from "@std/assert";
import { LINE_LIMITS } from "../../src/log/held_back.ts";
import { HeldBackLog, MOST_KINDS } from "../../src/log/held_back_log.ts";
import type { Logger } from "../../src/log/logger.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A logger that keeps what is written, children's lines among it. */
function keeping(lines: string[], name = ""): Logger {
  const keep = (level: string) => (message: string) =>
    void lines.push(`${level}${name}: ${message}`);
  return {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    child: ({ component = "" }) => keeping(lines, ` ${component}`),
  };
}

Deno.test("Of each kind of warning and error a few are written in a minute, and the rest is counted", async () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  await using held = new HeldBackLog(keeping(lines), clock);
  const log = held.logger.child({ component: "engine" });
  const { lines: most, windowMs } = LINE_LIMITS;
  for (let vmid = 100; vmid < 150; vmid++) {
    log.error(`${vmid}: the audit log was altered`);
    log.child({ operation: "op" }).warn("It cannot be written", { vmid });
  }
  assertEquals(lines.filter((line) => line.startsWith("error engine: ")).length, most);
  assertEquals(lines.length, 2 * most);
  // Another kind has its own room, and what nobody can cause by being refused is not held back.
  log.warn("Something else");
  for (let count = 0; count < 50; count++) log.info("Read the host");
  assertEquals(lines.length, 2 * most + 51);
  await clock.advance(windowMs);
  assertEquals(lines.slice(2 * most + 51), [
    `warn: ${50 - most} more lines like "…: the audit log was altered" in the last minute`,
    `warn: ${50 - most} more lines like "It cannot be written" in the last minute`,
  ]);
  log.warn("It cannot be written");
  assertEquals(lines.at(-1), "warn engine: It cannot be written");
});

Deno.test("Kinds without end are one kind, and what was counted is told at the end", async () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  {
    await using held = new HeldBackLog(keeping(lines), clock);
    const word = (number: number) =>
      [...`${number}`].map((digit) => "abcdefghij".charAt(Number(digit))).join("");
    for (let kind = 0; kind < MOST_KINDS + 1_000; kind++) held.logger.warn(word(kind));
    assertEquals(lines.length, MOST_KINDS + LINE_LIMITS.lines);
  }
  assertEquals(lines.slice(MOST_KINDS + LINE_LIMITS.lines), [
    `warn: ${1_000 - LINE_LIMITS.lines} more lines of other kinds in the last minute`,
  ]);
  assertEquals(clock.sleeping, 0);
});
