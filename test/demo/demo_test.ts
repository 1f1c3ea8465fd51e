import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { BrokenClaim, Narrator } from "./narrator.ts";

const ignore = sandboxKind === undefined;
if (ignore) {
  // deno-lint-ignore no-console -- whoever reads the result must know what was left out
  console.log(`The demo is not tested: ${NO_SANDBOX}`);
}

function demo(temporary: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--frozen", "test/demo/main.ts"],
    cwd: repositoryRoot,
    env: { TMPDIR: temporary, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function leftIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test({
  name: "the demo shows what it claims, in time, and leaves nothing behind",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const start = performance.now();
    const { code, stdout, stderr } = await demo(temporary).output();
    const seconds = (performance.now() - start) / 1000;
    const text = new TextDecoder().decode(stdout);
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals(code, 0, text + new TextDecoder().decode(stderr));
    for (
      const part of ["felhom-agent selftest", "acme-web", "probes denied", "ALLOWED", "LD_PRELOAD"]
    ) {
      assertStringIncludes(text, part);
    }
    assertEquals(text.match(/\[holds\]/g)?.length, 15);
    assert(seconds < 20, `${seconds} s`);
    assertEquals(left, []);
  },
});

Deno.test({
  name: "an interrupted demo cleans up and says so by its exit code",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const child = demo(temporary);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let done = false;
    // The daemon runs now.
    while (!done && !text.includes("3. The daemon")) {
      const read = await reader.read();
      text += read.value ?? "";
      done = read.done;
    }
    child.kill("SIGINT");
    while (!(await reader.read()).done);
    const { code } = await child.status;
    await child.stderr.cancel();
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals([code, left], [130, []]);
  },
});

Deno.test("a claim that does not hold ends the demo and says which", () => {
  const narrator = new Narrator();
  const error = assertThrows(
    () => narrator.claim("water runs uphill", false, { seen: 1 }),
    BrokenClaim,
    "It does not hold that water runs uphill",
  );
  assertStringIncludes(error.message, '{"seen":1}');
  assertEquals(narrator.claims, 0);
});
