import { assert, assertEquals } from "@std/assert";
import { AgentRig } from "../support/agent_rig.ts";
import { repositoryRoot } from "../support/repository.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

/** A user that owns nothing. */
const NOBODY = 65_534;

const skip = sandboxKind === undefined
  ? NO_SANDBOX
  : sandboxKind !== "root"
  ? "not root, so no other user can be become"
  : await mayRead()
  ? undefined
  : "another user may not read this clone, or the runtime";
// deno-lint-ignore no-console -- a skipped test says why
if (skip !== undefined) console.log(`Skipped: ${skip}`);

/** Whether another user may run the runtime and read the permission set. */
async function mayRead(): Promise<boolean> {
  const { success } = await new Deno.Command("setpriv", {
    args: [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--no-new-privs", "--"],
      ...["sh", "-c", 'test -x "$0" && test -r "$1"', Deno.execPath()],
      new URL("deno.json", repositoryRoot).pathname,
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

Deno.test("Of the helper's socket, the one path it keeps, the daemon can make nothing but use", {
  ignore: skip !== undefined,
}, async () => {
  await using rig = await AgentRig.create({ daemon: "test/fence/entries/helper_worker.ts" });
  const folder = rig.box.outside("/run/felhom-privileged");
  await Deno.chmod(folder, 0o755);
  using helper = Deno.listen({ transport: "unix", path: `${folder}/helper.sock` });
  await Deno.chmod(`${folder}/helper.sock`, 0o666);
  await rig.box.giveTo(NOBODY);
  const before = await Deno.lstat(`${folder}/helper.sock`);
  await using agent = rig.start(["run"], { uid: NOBODY });
  const outcomes: Record<string, string> = JSON.parse(
    (await agent.line("HELPER ")).slice("HELPER ".length),
  );
  const done = Object.entries(outcomes).filter(([, outcome]) => outcome === "done");
  assertEquals(done.map(([name]) => name), ["Deno.connect", "net.connect"]);
  assertEquals(
    [outcomes["Deno.readDir its folder"], outcomes["Deno.mkdir beside it"]],
    ["denied", "denied"],
  );
  const after = await Deno.lstat(`${folder}/helper.sock`);
  assert(after.isSocket);
  assertEquals([after.ino, after.mode], [before.ino, before.mode]);
  assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 1);
  for (let count = 0; count < 2; count++) (await helper.accept()).close();
  await agent.line("Read the host");
  assertEquals((await agent.stop()).code, 0);
});
