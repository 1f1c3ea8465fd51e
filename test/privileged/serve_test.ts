import { assert, assertEquals } from "@std/assert";
import type { Host } from "../../privileged/host.ts";
import { Programs, type Run } from "../../privileged/programs.ts";
import { LIMITS, OPERATIONS } from "../../privileged/protocol.ts";
import { EXIT, serve } from "../../privileged/serve.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { fakeHost } from "./fake_host.ts";
import { timeOf } from "./fake_time.ts";
import { sourceOf } from "./memory_source.ts";
import { VALID } from "./requests.ts";

/** Serves one request, and shows what came out. */
function connection(
  request: unknown,
  { host, clock = new FakeClock(), write }: {
    readonly host: Host;
    readonly clock?: FakeClock;
    readonly write?: (line: string) => Promise<void>;
  },
) {
  const written: string[] = [];
  const logged: string[] = [];
  const exit = serve({
    input: sourceOf([JSON.stringify(request) + "\n"]),
    write: write ?? ((line) => Promise.resolve(void written.push(line))),
    log: (line) => void logged.push(line),
    peer: "7-4321-994",
  }, { host, time: timeOf(clock) });
  return {
    exit,
    answer: () => JSON.parse(written[0] ?? "null"),
    log: () => {
      assertEquals(logged.length, 1);
      return JSON.parse(logged[0] ?? "null");
    },
  };
}

const NEVER: Run = () => new Promise(() => {});

Deno.test("what went well ends with 0 and is logged with who asked, for what", async () => {
  const host = fakeHost(() => ({ stdout: '{"a":1}' }));
  const { exit, answer, log } = connection({ ...VALID["hardware.smart"], operation: "op-9" }, {
    host,
  });
  assertEquals(await exit, EXIT.ok);
  assertEquals([answer().id, answer().ok], ["r1", true]);
  const { ms: _, ...line } = log();
  assertEquals(line, {
    level: "info",
    component: "helper",
    op: "hardware.smart",
    id: "r1",
    operation: "op-9",
    params: { device: "/dev/sda" },
    outcome: "ok",
    peer: "7-4321-994",
  });
});

for (
  const [what, ran, exit, outcome] of [
    ["a program that fails", { code: 255, stderr: "x" }, EXIT.failed, "program_failed"],
    ["a check that says no", { code: 0, stdout: "arch: amd64" }, EXIT.refused, "exists"],
  ] as const
) {
  Deno.test(`${what} ends with ${exit} and is logged as ${outcome}`, async () => {
    const served = connection(VALID["golden.create"], { host: fakeHost(() => ran) });
    assertEquals(await served.exit, exit);
    assertEquals([served.log().level, served.log().outcome], ["warn", outcome]);
    assertEquals(served.answer().error.code, outcome);
  });
}

Deno.test("a request that is not understood ends with 2", async () => {
  const served = connection({ v: 1, id: "r1", op: "x", params: {} }, {
    host: fakeHost(() => ({})),
  });
  assertEquals(await served.exit, EXIT.refused);
  assertEquals([served.log().op, served.log().outcome], [null, "unknown_operation"]);
});

Deno.test("a bug ends with 70, is told, and leaves open whether something changed", async () => {
  const broken: Run = () => {
    throw new TypeError("undefined is not a function");
  };
  const host = { programs: new Programs(broken, "sudo"), vmids: null };
  const served = connection(VALID["disk.mount"], { host });
  assertEquals(await served.exit, EXIT.internal);
  const { error } = served.answer();
  assertEquals([error.code, error.changed], ["internal", "maybe"]);
});

Deno.test("a caller that is gone ends with 3, and the log says so", async () => {
  const write = () => Promise.reject(new Deno.errors.BrokenPipe("gone"));
  const served = connection(VALID["hardware.sensors"], {
    host: fakeHost(() => ({ stdout: "{}" })),
    write,
  });
  assertEquals(await served.exit, EXIT.unanswered);
  assertEquals([served.log().outcome, served.log().delivered], ["ok", false]);
});

Deno.test("a caller that does not take its answer is given up", async () => {
  const clock = new FakeClock();
  const served = connection(VALID["hardware.sensors"], {
    host: fakeHost(() => ({ stdout: "{}" })),
    clock,
    write: () => new Promise(() => {}),
  });
  await clock.advance(LIMITS.answerMs);
  assertEquals(await served.exit, EXIT.unanswered);
});

Deno.test("an operation is answered at its limit even if its programs never end", async () => {
  for (const op of ["hardware.sensors", "disk.mount"] as const) {
    const clock = new FakeClock();
    const host = { programs: new Programs(NEVER, "sudo"), vmids: null };
    const served = connection(VALID[op], { host, clock });
    await clock.advance(OPERATIONS[op].limitMs);
    assertEquals(await served.exit, EXIT.failed);
    const { code, changed } = served.answer().error;
    assertEquals([code, changed], ["time_limit", OPERATIONS[op].mutates ? "maybe" : "no"]);
  }
});

Deno.test("an answer larger than the protocol allows is not sent", async () => {
  const stdout = JSON.stringify({ text: "x".repeat(LIMITS.answerBytes) });
  const served = connection(VALID["hardware.smart"], { host: fakeHost(() => ({ stdout })) });
  assertEquals(await served.exit, EXIT.failed);
  assertEquals(served.answer().error.code, "program_garbage");
});

Deno.test("what a program says reaches the log as printable ASCII on one line", async () => {
  const stderr = "evil\x1b[2J\u202e\r\u0085 end\n";
  const logged: string[] = [];
  await serve({
    input: sourceOf([JSON.stringify(VALID["golden.create"]) + "\n"]),
    write: () => Promise.resolve(),
    log: (line) => void logged.push(line),
    peer: null,
  }, { host: fakeHost(() => ({ code: 9, stderr })), time: timeOf(new FakeClock()) });
  assert(/^[\x20-\x7e]+\n$/.test(logged[0] ?? ""), logged[0]);
  assert(JSON.parse(logged[0] ?? "").message.includes("evil\x1b[2J\u202e"));
});
