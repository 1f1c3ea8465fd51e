import { assertEquals, assertRejects } from "@std/assert";
import { type HelperErrorCode, Refusal } from "../../privileged/helper_errors.ts";
import { LIMITS } from "../../privileged/protocol.ts";
import { type ByteSource, readRequest } from "../../privileged/read_request.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { timeOf } from "./fake_time.ts";
import { sourceOf } from "./memory_source.ts";

const longest = "x".repeat(LIMITS.requestBytes - 1);

Deno.test("a line is read, in however many pieces it comes", async () => {
  const time = timeOf(new FakeClock());
  assertEquals(await readRequest(sourceOf(["abc\n"]), time), "abc");
  assertEquals(await readRequest(sourceOf([..."abc\n"]), time), "abc");
  assertEquals(await readRequest(sourceOf([longest, "\n"]), time), longest);
});

const REFUSED: readonly (readonly [string, HelperErrorCode, readonly (string | Uint8Array)[]])[] = [
  ["nothing at all", "empty", []],
  ["the end before the newline", "incomplete", ["abc"]],
  ["a byte too much", "too_large", [longest + "x", "\n"]],
  ["a megabyte in one piece", "too_large", ["x".repeat(1_000_000)]],
  ["a megabyte in small pieces", "too_large", Array(10_000).fill("x".repeat(100))],
  ["a second line", "malformed", ["abc\n", "def\n"].join("").split("|")],
  ["a NUL", "malformed", ["a\0b\n"]],
  ["a carriage return", "malformed", ["abc\r\n"]],
  ["an escape character", "malformed", ["\x1b[31m\n"]],
  ["a character beyond ASCII", "malformed", ["ä\n"]],
  ["bytes that are no UTF-8", "malformed", [new Uint8Array([0xff, 0xfe, 10])]],
];

for (const [what, code, chunks] of REFUSED) {
  Deno.test(`refused as ${code}: ${what}`, async () => {
    const refusal = await assertRejects(
      () => readRequest(sourceOf(chunks), timeOf(new FakeClock())),
      Refusal,
    );
    assertEquals(refusal.code, code);
  });
}

Deno.test("a peer that sends nothing is given up after the time for a request", async () => {
  const clock = new FakeClock();
  const refused = assertRejects(
    () => readRequest(sourceOf([], { stayOpen: true }), timeOf(clock)),
    Refusal,
  );
  await clock.advance(LIMITS.requestMs);
  assertEquals((await refused).code, "too_slow");
});

Deno.test("a byte now and then does not give a peer more time", async () => {
  const clock = new FakeClock();
  const byteASecond: ByteSource = {
    async read(buffer) {
      await clock.sleep(1000);
      buffer[0] = 120;
      return 1;
    },
  };
  const refused = assertRejects(() => readRequest(byteASecond, timeOf(clock)), Refusal);
  await clock.advance(LIMITS.requestMs);
  assertEquals((await refused).code, "too_slow");
});
