import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { askDaemon } from "../../src/control/client.ts";
import { LISTENER_LIMITS } from "../../src/control/listener_class.ts";
import { CONTROL_LIMITS, DESIRED_LIMIT, EXCHANGES } from "../../src/control/protocol.ts";
import { FelhomError } from "../../src/errors.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { withControl } from "./support/control_host.ts";
import { until } from "../sim/wire/until.ts";

/** Sends one line and answers with what comes back; mostly nothing for who sends too much. */
async function send(path: string, line: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let count: number | null = 0; count !== null;) {
    text += new TextDecoder().decode(buffer.subarray(0, count));
    count = await connection.read(buffer).catch((error) => {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    });
  }
  return text;
}

/** Waits until so many sleep on a clock that stands still. */
async function sleepers(clock: FakeClock, count: number): Promise<void> {
  await until(() => clock.sleeping === count);
}

const failure = (asked: Promise<unknown>) => assertRejects(() => asked, FelhomError);

Deno.test("A desired state of the full size is taken, however much of it must be escaped", async () => {
  const taken: number[] = [];
  await withControl({ apply: ({ text }) => taken.push(text.length) }, async ({ path }) => {
    for (const text of ['"'.repeat(DESIRED_LIMIT), "é".repeat(DESIRED_LIMIT / 2)]) {
      await askDaemon(path, { op: "apply", text, dry_run: true });
      const more = await failure(askDaemon(path, { op: "apply", text: `${text}x`, dry_run: true }));
      assertStringIncludes(more.message, `has more than ${DESIRED_LIMIT} bytes`);
    }
  });
  assertEquals(taken, [DESIRED_LIMIT, DESIRED_LIMIT / 2]);
});

Deno.test("No other operation may send as much, whatever its line begins with", async () => {
  const padding = "x".repeat(CONTROL_LIMITS.requestBytes);
  const lines = [
    // What needs little may send little.
    `{"v":1,"id":"a","op":"request","wish":"${padding}"}`,
    // Not as the client writes it.
    `{"op":"apply","v":1,"id":"a","dry_run":true,"text":"${padding}"}`,
    // Two operations in one line: the last one counts.
    `{"v":1,"id":"a","op":"apply","wish":"${padding}","op":"request"}`,
    `{"v":1,"id":"a","op":"apply","text":"${"x".repeat(3 * DESIRED_LIMIT)}","dry_run":true}`,
  ];
  await withControl({}, async ({ path }) => {
    for (const line of lines) {
      const answer = await send(path, line);
      // Who is cut off while he sends may not read why.
      if (answer !== "") assertStringIncludes(answer, "bytes");
      assert(!answer.includes('"ok":true'));
      assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    }
  });
});

Deno.test("The client sends nothing that would be refused for its size", async () => {
  const wish = "x".repeat(CONTROL_LIMITS.requestBytes);
  const error = await failure(askDaemon("/nonexistent", { op: "request", wish }));
  assertStringIncludes(error.message, "The request has more than 65536 bytes");
});

Deno.test("An answer that is too large is not sent", async () => {
  const { answerBytes } = EXCHANGES.why;
  await withControl({ why: () => "é".repeat(answerBytes / 2) }, async ({ path }) => {
    const error = await failure(askDaemon(path, { op: "why", vmid: 100 }));
    assertStringIncludes(error.message, `The answer has more than ${answerBytes} bytes`);
  });
});

Deno.test("What takes long holds up nobody, and only so much of it is taken at once", async () => {
  const release = Promise.withResolvers<string>();
  await withControl({ apply: () => release.promise }, async ({ path, clock }) => {
    const apply = () => askDaemon(path, { op: "apply", text: "", dry_run: false });
    const long = Array.from({ length: LISTENER_LIMITS.operators.long }, apply);
    await sleepers(clock, LISTENER_LIMITS.operators.long);
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    assertStringIncludes((await failure(apply())).message, "Too many long requests at once");
    release.resolve("done");
    assertEquals(new Set(await Promise.all(long)), new Set(["done"]));
    assertEquals(await apply(), "done");
  });
});

Deno.test("Work without an end is given up after the limit of its operation", async () => {
  const never = new Promise(() => {});
  await withControl({ apply: () => never, why: () => never }, async ({ path, clock }) => {
    const why = failure(askDaemon(path, { op: "why", vmid: 100 }));
    const apply = failure(askDaemon(path, { op: "apply", text: "", dry_run: true }));
    await sleepers(clock, 2);
    await clock.advance(EXCHANGES.why.workMs);
    assertStringIncludes((await why).message, "no answer within 5000 ms");
    await clock.advance(EXCHANGES.apply.workMs - EXCHANGES.why.workMs);
    assertStringIncludes((await apply).message, "no answer within 120000 ms");
  });
});

Deno.test("Work that fails after it was given up ends nothing", async () => {
  const work = Promise.withResolvers<never>();
  await withControl({ why: () => work.promise }, async ({ path, clock }) => {
    const why = failure(askDaemon(path, { op: "why", vmid: 100 }));
    await sleepers(clock, 1);
    await clock.advance(EXCHANGES.why.workMs);
    await why;
    work.reject(new Error("too late"));
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
  });
});

Deno.test("A server that closes waits for nobody who has not asked", async () => {
  await withControl({}, async ({ path, clock, server }) => {
    using _idle = await Deno.connect({ transport: "unix", path });
    await sleepers(clock, 1);
    // The clock stands still: it must not take any time.
    await server[Symbol.asyncDispose]();
    assertEquals(clock.sleeping, 0);
  });
});

Deno.test("A server that closes gives answers under way a moment, and no more", async () => {
  const soon = Promise.withResolvers<string>();
  const handlers = { why: () => soon.promise, apply: () => new Promise(() => {}) };
  await withControl(handlers, async ({ path, clock, server }) => {
    const why = askDaemon(path, { op: "why", vmid: 100 });
    const apply = failure(askDaemon(path, { op: "apply", text: "", dry_run: false }));
    await sleepers(clock, 2);
    const closed = server[Symbol.asyncDispose]();
    await sleepers(clock, 3);
    soon.resolve("in time");
    assertEquals(await why, "in time");
    await clock.advance(1_000);
    const error = await apply;
    assertEquals(error.code, "control.unreachable");
    assertStringIncludes(error.hint ?? "", "felhom-agent journal");
    await closed;
  });
});

Deno.test("A server that closes waits no longer for who does not take his answer", async () => {
  await withControl(
    { plan: () => "x".repeat(8 * 1024 * 1024) },
    async ({ path, clock, server }) => {
      using deaf = await Deno.connect({ transport: "unix", path });
      await deaf.write(new TextEncoder().encode('{"v":1,"id":"a","op":"plan"}\n'));
      // The answer is being written.
      await deaf.read(new Uint8Array(1));
      const closed = server[Symbol.asyncDispose]();
      await sleepers(clock, 2);
      await clock.advance(2_000);
      await closed;
    },
  );
});
