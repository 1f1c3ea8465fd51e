import { assertEquals, assertStringIncludes } from "@std/assert";
import { demo, ignore, leftIn, pressCtrlC, Reading } from "./demo_process.ts";

Deno.test({
  name: "the demo shows what it claims, and what it keeps can be used and goes away",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const child = demo(temporary, { args: ["--keep"] });
    const errors = new Response(child.stderr).text();
    const reading = new Reading(child);
    await reading.until("Ctrl-C ends it");
    const tried = await tryOut(reading.text);
    pressCtrlC(child);
    await reading.until(undefined);
    const { code } = await child.status;
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals(code, 0, reading.text + await errors);
    assertEquals(tried.code, 0, tried.said);
    assertEquals(reading.text.match(/\[holds\]/g)?.length, 41);
    assertStringIncludes(reading.text, "All 41 claims hold.");
    for (const part of ["acme-web", "authz.replayed", "probes denied", "ALLOWED", "LD_PRELOAD"]) {
      assertStringIncludes(reading.text, part);
    }
    assertStringIncludes(tried.said, "school-wiki");
    assertStringIncludes(tried.said, "The self-test of guest 299 went through.");
    assertStringIncludes(tried.said, "Write signature to ");
    assertStringIncludes(tried.said, "): succeeded\n");
    assertEquals(left, []);
  },
});

/** Runs every line that the demo offers to try, in one shell without an environment. */
async function tryOut(text: string): Promise<{ readonly code: number; readonly said: string }> {
  const offered = text.slice(text.indexOf("To try:"), text.indexOf("Ctrl-C ends it"));
  const lines = offered.split("\n").filter((line) => /^ {2}[^# ]/.test(line));
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-uc", lines.join("\n")],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "an interrupted demo cleans up and says so by its exit code",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const child = demo(temporary);
    const reading = new Reading(child);
    // The daemon runs now.
    await reading.until("3. Drift");
    pressCtrlC(child);
    await reading.until(undefined);
    const { code } = await child.status;
    await child.stderr.cancel();
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals([code, left], [130, []]);
  },
});

Deno.test({
  name: "without ssh-keygen the demo says what installs it, and starts nothing",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const programs = await Deno.makeTempDir();
    for (const program of ["unshare", "true"]) {
      await Deno.symlink(`/usr/bin/${program}`, `${programs}/${program}`);
    }
    const { code, stdout } = await demo(temporary, { path: programs }).output();
    const left = await leftIn(temporary);
    await Deno.remove(programs, { recursive: true });
    await Deno.remove(temporary, { recursive: true });
    assertEquals([code, left], [3, []]);
    assertStringIncludes(new TextDecoder().decode(stdout), "apt-get install openssh-client");
  },
});
