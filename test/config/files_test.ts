import { assertEquals } from "@std/assert";
import { readSystemFile } from "../../src/config/files.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a file is read with its mode, up to the limit", () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    await Deno.writeTextFile(path, "abcd");
    await Deno.chmod(path, 0o644);
    assertEquals(await readSystemFile(path, 4), {
      kind: "bytes",
      bytes: new TextEncoder().encode("abcd"),
      mode: 0o644,
    });
    assertEquals(await readSystemFile(path, 3), { kind: "too_large" });
  }));

Deno.test("what is no file is told apart, and a pipe is not waited for", () =>
  withFolder(async (folder) => {
    assertEquals(await readSystemFile(`${folder}/none`, 9), { kind: "missing" });
    assertEquals(await readSystemFile(folder, 9), { kind: "directory" });
    assertEquals(await readSystemFile("/dev/null", 9), { kind: "special" });
    await Deno.writeTextFile(`${folder}/file`, "");
    assertEquals(await readSystemFile(`${folder}/file/below`, 9), { kind: "missing" });
    const made = await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    assertEquals(made.code, 0);
    assertEquals(await readSystemFile(`${folder}/pipe`, 9), { kind: "special" });
    await Deno.symlink("loop", `${folder}/loop`);
    assertEquals((await readSystemFile(`${folder}/loop`, 9)).kind, "failed");
  }));

Deno.test({
  name: "a file outside the rights of the program is forbidden, not missing",
  permissions: { read: false },
  async fn() {
    assertEquals(await readSystemFile("/etc/passwd", 9), { kind: "denied" });
  },
});
