import { assertEquals, assertStringIncludes } from "@std/assert";
import { repositoryRoot } from "./repository.ts";

Deno.test("A rig that cannot be made leaves no folder behind", async () => {
  const mine = await Deno.makeTempDir({ prefix: "felhom-rig-" });
  try {
    // A process of its own, because the environment belongs to all tests of this one.
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--frozen", "test/support/make_broken_rig.ts"],
      cwd: repositoryRoot,
      env: { TMPDIR: mine, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertStringIncludes(said ?? "", "Cannot bundle", complaint);
    assertEquals((await Array.fromAsync(Deno.readDir(mine))).map(({ name }) => name), []);
  } finally {
    await Deno.remove(mine, { recursive: true });
  }
});
