import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCli } from "./run_cli.ts";

const UUID = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
const LINE =
  `UUID=${UUID} /mnt/felhom/backup ext4 noauto,nofail,nosuid,nodev,noexec,nosymfollow 0 0`;

Deno.test("disk enrol shows the line and the commands, as text and as JSON", async () => {
  const args = ["disk", "enrol", "--name", "backup", "--uuid", UUID];
  const { code, stdout } = await runCli(args);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `\n${LINE}\n`);
  assertStringIncludes(
    stdout,
    "install -d -o root -g root -m 0755 /mnt/felhom /mnt/felhom/backup\n",
  );
  const json = JSON.parse((await runCli([...args, "--json"])).stdout);
  assertEquals([json.version, json.fstab, json.commands.length], [1, LINE, 4]);
});

for (
  const [what, args, says] of [
    ["no UUID", ["--name", "backup"], "needs --name and --uuid"],
    ["a bad name", ["--name", "a b", "--uuid", UUID], 'Cannot use the name "a b"'],
    ["an option of another command", ["--config", "x"], "takes no --config"],
  ] as const
) {
  Deno.test(`disk enrol with ${what} is a matter of usage`, async () => {
    const { code, stderr, stdout } = await runCli(["disk", "enrol", ...args]);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, says);
  });
}
