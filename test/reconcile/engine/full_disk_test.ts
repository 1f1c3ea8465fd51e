import { assertEquals, assertMatch } from "@std/assert";
import { onTmpfs } from "../../state/own_mount.ts";
import { inFolder } from "../../state/state_folder.ts";
import { NO_SANDBOX, sandboxKind } from "../../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- Says why a test is skipped.
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

Deno.test({
  name:
    "on a full disk nothing new begins and what runs is recorded; work resumes when there is room",
  ignore,
  async fn() {
    const program = new URL("work_on_full_disk.ts", import.meta.url).pathname;
    await inFolder(async (folder) => {
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "4m" },
        `"$2" run --no-check --quiet --no-prompt -A ${program} "$1"`,
      );
      const { why, ...found } = JSON.parse(stdout.trim() || "{}");
      assertEquals(found, {
        "states": ["201 succeeded"],
        "sent": ["POST /nodes/pve/lxc/201/status/start"],
        "planned": 2,
        "a wish": "state.full",
        "after": ["201 succeeded", "203 succeeded", "205 succeeded"],
        "accepts": true,
      }, stderr);
      assertMatch(why, /^Guest 203 waits for room: the disk of the agent's state is full/);
    });
  },
});
