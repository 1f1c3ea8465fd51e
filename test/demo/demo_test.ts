import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { demo, ignore, leftIn, Reading } from "./demo_process.ts";

Deno.test({
  name: "the demo shows what it claims, in time, and what it keeps can be used and goes away",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const start = performance.now();
    const child = demo(temporary, { args: ["--keep"] });
    const errors = new Response(child.stderr).text();
    const reading = new Reading(child);
    await reading.until("Ctrl-C ends it");
    const seconds = (performance.now() - start) / 1000;
    const tried = await tryOut(reading.text);
    Deno.kill(-child.pid, "SIGINT");
    await reading.until(undefined);
    const { code } = await child.status;
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals(code, 0, reading.text + await errors);
    assertEquals(reading.text.match(/\[holds\]/g)?.length, 41);
    assertStringIncludes(reading.text, "All 41 claims hold.");
    for (const part of ["acme-web", "authz.replayed", "probes denied", "ALLOWED", "LD_PRELOAD"]) {
      assertStringIncludes(reading.text, part);
    }
    assert(seconds < 60, `${seconds} s`);
    assertStringIncludes(tried, "school-wiki");
    assertStringIncludes(tried, "The self-test of guest 230 went through.");
    assertStringIncludes(tried, "Write signature to ");
    assertStringIncludes(tried, "): succeeded\n");
    assertEquals(left, []);
  },
});

/** Runs every line that the demo offers to try, in one shell without an environment. */
async function tryOut(text: string): Promise<string> {
  const offered = text.slice(text.indexOf("To try:"), text.indexOf("Ctrl-C ends it"));
  const lines = offered.split("\n").filter((line) => /^ {2}[^# ]/.test(line));
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-uc", lines.join("\n")],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  return said;
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
    Deno.kill(-child.pid, "SIGINT");
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
