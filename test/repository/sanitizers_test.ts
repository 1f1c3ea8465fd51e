import { assertEquals, assertStringIncludes } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

/** Runs `test` as the only test of a file, with the configuration of this repository. */
async function run(test: string): Promise<{ code: number; said: string }> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-leak-" });
  try {
    // The configuration's `test.include` is relative to where it stands.
    await Deno.mkdir(`${folder}/test`);
    await Deno.mkdir(`${folder}/src`);
    for (const file of ["deno.json", "deno.lock", "src/std.d.ts"]) {
      await Deno.copyFile(new URL(file, repositoryRoot), `${folder}/${file}`);
    }
    await Deno.writeTextFile(
      `${folder}/test/leak_test.ts`,
      `Deno.test("it", async () => {${test}});`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--frozen"],
      cwd: folder,
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    return { code, said: text.decode(stdout) + text.decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [what, test, told] of [
    ["a timer", "setTimeout(() => {}, 60_000); await 0;", "A timer was started in this test"],
    ["an interval", "setInterval(() => {}, 60_000); await 0;", "An interval was started"],
    ["an operation", "void Deno.listen({ port: 0 }).accept(); await 0;", "accept"],
    ["an open file", 'await Deno.open("deno.json");', "A file was opened during the test"],
    ["a child process", 'new Deno.Command("sleep", { args: ["1"] }).spawn(); await 0;', "child"],
  ] as const
) {
  Deno.test(`A test that leaks ${what} fails`, async () => {
    const { code, said } = await run(test);
    assertStringIncludes(said, "Leaks detected");
    assertStringIncludes(said, told);
    assertEquals(code, 1);
  });
}

Deno.test("A test that leaks nothing passes", async () => {
  const { code, said } = await run("await new Promise((resolve) => setTimeout(resolve, 1));");
  assertStringIncludes(said, "ok | 1 passed | 0 failed");
  assertEquals(code, 0);
});
