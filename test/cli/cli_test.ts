import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { loadCommand } from "../../src/cli/load_command.ts";
import { VERSION } from "../../src/version.ts";
import { repositoryRoot } from "../support/repository.ts";
import { runCli } from "./run_cli.ts";

Deno.test("the version is that of deno.json", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));
  assertEquals(VERSION, version);
});

Deno.test("version shows agent and runtime, as text and as JSON", async () => {
  const text = await runCli(["version"]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertStringIncludes(text.stdout, `felhom-agent ${VERSION} (deno ${Deno.version.deno}`);
  const { stdout } = await runCli(["--version", "--json"]);
  assertEquals(JSON.parse(stdout), {
    version: 1,
    agent: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  });
});

Deno.test("the overview names every command", async () => {
  const { stdout, code } = await runCli(["help"]);
  assertEquals(code, 0);
  for (const name of COMMAND_NAMES) assert(stdout.includes(`\n  ${name} `), name);
});

Deno.test("every command can be loaded", async () => {
  for (const name of COMMAND_NAMES) {
    assertEquals(typeof (await loadCommand(name)).run, "function", name);
  }
});

Deno.test("a wrong command line ends with 2, on stderr, or as JSON on stdout", async () => {
  const text = await runCli(["guests", "--jsno"]);
  assertEquals([text.code, text.stdout], [2, ""]);
  assertStringIncludes(text.stderr, "Did you mean --json?");
  const json = await runCli(["selftets", "--json"]);
  assertEquals([json.code, json.stderr], [2, ""]);
  assertEquals(JSON.parse(json.stdout).error.code, "usage.invalid");
});

Deno.test("a reader that closes the pipe early is no failure", async () => {
  const script = '"$0" run -P=agent --no-prompt --quiet --cached-only main.ts errors --json ' +
    '| true; echo "${PIPESTATUS[0]}"';
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, Deno.execPath()],
    cwd: repositoryRoot,
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "0");
  assertEquals(new TextDecoder().decode(stderr), "");
});

Deno.test("output that is lost for another reason is a failure", async () => {
  const script = '"$0" run -P=agent --no-prompt --quiet --cached-only main.ts version >/dev/full';
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, Deno.execPath()],
    cwd: repositoryRoot,
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "Cannot write the output");
});
