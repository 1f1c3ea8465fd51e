import { assert, assertStringIncludes } from "@std/assert";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

/** Gives a program a terminal; of util-linux, as `unshare` is. */
const script = await exists("/usr/bin/script");
const ignore = sandboxKind === undefined || !script;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${script ? NO_SANDBOX : "there is no /usr/bin/script here"}`);

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("Colour", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  const onTerminal = async (command: string, noColor: string) => {
    const agent = `${Deno.execPath()} run -P=agent --no-prompt --quiet --cached-only ` +
      `--config deno.json ${rig.program} ${command}`;
    const env = { NO_COLOR: noColor, TERM: "xterm" };
    const { stdout } = await rig.box.command(script ? "/usr/bin/script" : "", [
      "-qec",
      agent,
      "/dev/null",
    ], { env }).output();
    return new TextDecoder().decode(stdout);
  };

  await t.step("is on a terminal", async () => {
    assertStringIncludes(await onTerminal("selftest", ""), "\x1b[32mok     \x1b[0m configuration");
  });

  await t.step("is not there when NO_COLOR is set", async () => {
    const text = await onTerminal("selftest", "1");
    assertStringIncludes(text, "ok      configuration");
    assert(!text.includes("\x1b["), JSON.stringify(text));
  });

  await t.step("is not there when the output is no terminal", async () => {
    const { stdout } = await rig.run(["selftest"], { env: { NO_COLOR: "" } });
    assert(!stdout.includes("\x1b"), stdout);
  });
});
