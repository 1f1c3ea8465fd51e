import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../../privileged/helper_errors.ts";
import { programRunner } from "../../privileged/run_program.ts";
import { systemTime } from "../../privileged/time.ts";

const run = programRunner(systemTime);
const sh = (script: string, options: { limitMs?: number; maxBytes?: number } = {}) =>
  run(["/bin/sh", "-c", script], { limitMs: 10_000, ...options });

Deno.test("a program's end, output and errors come back", async () => {
  const { ms, ...ran } = await sh("echo out; echo err >&2; exit 7");
  assertEquals(ran, {
    code: 7,
    stdout: "out\n",
    stderr: "err\n",
    timedOut: false,
    overflowed: false,
  });
  assert(ms > 0);
});

Deno.test("a program sees a fixed environment, no input and no caller", async () => {
  Deno.env.set("FELHOM_TEST_LEAK", "x");
  const { stdout } = await sh("env | cut -d= -f1 | sort | tr '\\n' ' '; cat");
  Deno.env.delete("FELHOM_TEST_LEAK");
  assertEquals(
    stdout.split(" ").filter((name) => !["PWD", "_", "SHLVL", "OLDPWD"].includes(name)),
    [
      "LC_ALL",
      "PATH",
      "TZ",
      "",
    ],
  );
});

Deno.test("a program that ignores its limit is killed at it", async () => {
  const { code, timedOut, ms } = await sh("trap '' TERM HUP INT; while :; do sleep 0.05; done", {
    limitMs: 200,
  });
  assertEquals([code, timedOut], [null, true]);
  assert(ms >= 200 && ms < 2_000, `${ms} ms`);
});

Deno.test("what a program leaves behind does not keep its caller waiting", async () => {
  const { code, stdout, ms } = await sh("sleep 3 & echo done");
  assertEquals([code, stdout], [0, "done\n"]);
  assert(ms < 2_000, `${ms} ms`);
});

Deno.test("a program that never stops talking is ended when enough was said", async () => {
  const { overflowed, stdout, stderr } = await sh("while :; do echo aaaaaaaaaaaaaaaa; done", {
    maxBytes: 100_000,
  });
  assert(overflowed);
  assert(stdout.length + stderr.length <= 100_000);
});

Deno.test("a program that is ended by a signal has no exit status", async () => {
  assertEquals((await sh("kill -9 $$")).code, null);
});

Deno.test("a program that is not there is missing", async () => {
  const refusal = await assertRejects(() => run(["/usr/sbin/no-such"], { limitMs: 1 }), Refusal);
  assertEquals(refusal.code, "program_missing");
});
