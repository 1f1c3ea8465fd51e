import { assertEquals } from "@std/assert";
import { readState } from "../../../src/state/mod.ts";
import { AgentRig, type RunningProcess } from "../../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../../support/sandbox.ts";
import { COMMIT_MARK, type Orders } from "./orders.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

async function start(rig: AgentRig, orders: Orders): Promise<RunningProcess> {
  const process = rig.start(["run"], { stdin: "piped" });
  await process.tell(JSON.stringify(orders));
  return process;
}

const startedAt = (rig: AgentRig) =>
  readState(rig.box.outside("/var/lib/felhom-agent"), (state) => state.instances.current())
    .startedAt;

Deno.test(
  "A sealed daemon dies by SIGKILL beside the commit that it is told, and what was committed stays",
  { ignore },
  async (t) => {
    const daemon = "test/e2e/crash/entries/mortal_worker.ts";
    await using rig = await AgentRig.create({ daemon });

    // The first start notes the files of signers and takes over both roles before it says that it started.
    for (const [side, commit, stays] of [["before", 4, false], ["after", 1, true]] as const) {
      await t.step(`${side} it`, async () => {
        await using mortal = await start(rig, { die: { commit, side } });
        const { code, stdout } = await mortal.finished();
        assertEquals(code, 128 + 9);
        const said = stdout.split("\n").filter((line) => line.startsWith(COMMIT_MARK));
        assertEquals(said.at(-1), `${COMMIT_MARK}${commit} ${side} instance`);
        assertEquals(startedAt(rig) !== null, stays);
      });
    }

    await t.step("not at another one, and it takes orders while it runs", async () => {
      await using mortal = await start(rig, { die: { commit: 1000, side: "after" } });
      await mortal.line(`${COMMIT_MARK}1 after instance`);
      await mortal.line("Read the host");
      await mortal.tell(JSON.stringify({} satisfies Orders));
      await mortal.line(`${COMMIT_MARK}orders taken`);
      assertEquals((await mortal.stop()).code, 0);
    });
  },
);
