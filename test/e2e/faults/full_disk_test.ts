import { assertEquals } from "@std/assert";
import { onTmpfs } from "../../state/own_mount.ts";
import { inFolder } from "../../state/state_folder.ts";
import { NO_SANDBOX, sandboxKind } from "../../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- Says why a test is skipped.
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

Deno.test({
  name: "a full disk lets what runs be recorded and nothing begin, and is over with room again",
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const program = new URL("work_on_full_disk.ts", import.meta.url).pathname;
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "24m" },
        `"$2" run --no-check --quiet --no-prompt -A ${program} "$1"`,
      );
      assertEquals(JSON.parse(stdout.trim() || "null"), {
        "while tasks ran": { sent: 6, problems: [] },
        "on a full disk": { accepts: false, begun: 0, quarantined: 0 },
        "with room again": { accepts: true, problems: [], audit: true },
      }, stderr);
    });
  },
});
