import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { daemonRights, workerPermissions } from "../../src/fence/mod.ts";
import { REMOVALS } from "../../src/fence/removals.ts";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { SABOTAGES } from "./entries/sabotage.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

/** Seals a Worker with the daemon's rights, one thing left out, and answers with what it says. */
async function sealWith(sabotage: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  const rights = daemonRights({
    proxmox: { host: "127.0.0.1", port: 8006 },
    stateDirectory: folder,
    controlSocket: `${folder}-control.sock`,
    helperSocket: `${folder}-helper.sock`,
    notifySocket: undefined,
  });
  const worker = new Worker(new URL("entries/sabotaged_isolate.ts", import.meta.url), {
    type: "module",
    deno: { permissions: workerPermissions(rights.starting) },
  });
  const { port1, port2 } = new MessageChannel();
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      port1.onmessage = (event) => resolve(String(event.data));
      worker.postMessage({ sabotage, rights }, [port2]);
    });
  } finally {
    worker.terminate();
    port1.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a Worker never had: rights it was not given, globals that only a main isolate has. */
const NOT_THERE = new Set([
  "does not revoke net",
  "does not revoke env",
  "does not revoke sys",
  ...["localStorage", "sessionStorage", "Storage", "alert", "confirm", "prompt"]
    .map((name) => `does not delete ${name}`),
]);

for (const sabotage of Object.keys(SABOTAGES)) {
  if (sabotage === "nothing" || NOT_THERE.has(sabotage)) {
    Deno.test(`A seal of a Worker holds when it leaves out nothing that is there: it ${sabotage}`, async () => {
      assertEquals(await sealWith(sabotage), "holds");
    });
    continue;
  }
  Deno.test(`A seal is noticed to be broken when it ${sabotage}`, async () => {
    const said = await sealWith(sabotage);
    assertStringIncludes(said, "fence.broken");
    // Every fault is about what was sabotaged; the rest of the seal still holds.
    const name = REMOVALS.find((removal) => sabotage.endsWith(` ${removal.name}`))?.name;
    if (name !== undefined) {
      assert(said.split("; ").every((fault) => fault.includes(name.replace("*", ""))), said);
    }
  });
}

Deno.test(
  "A broken seal ends the process before anything reached Proxmox",
  { ignore },
  async (t) => {
    await using rig = await AgentRig.create({
      main: "test/fence/entries/sabotaged_main.ts",
      daemon: "test/fence/entries/sabotaged_worker.ts",
    });
    const [daemon, main] = ["daemon", "main isolate"];
    const runs = [
      ...[...NOT_THERE, "does not revoke read", "does not revoke write", "does not revoke import"]
        .map((sabotage) => [main, sabotage] as const),
      [main, "does not delete Worker"],
      [main, "leaves the Workers of node alone"],
      [main, "has a probe that never answers"],
      [daemon, "does not revoke the control socket"],
      [daemon, "does not revoke import"],
      [daemon, "does not delete caches"],
      [daemon, "has a probe that fails for another reason"],
    ] as const;
    for (const [isolate, sabotage] of runs) {
      await t.step(`the ${isolate} ${sabotage}`, async () => {
        const { code, stderr } = await rig.run([isolate, sabotage]);
        assertStringIncludes(stderr, "fence.broken");
        assertStringIncludes(stderr, `The seal of the ${isolate} does not hold`);
        assertEquals(code, 70);
        // The whole right was never held, so only its one fact shows that it still is.
        if (sabotage === "does not revoke sys") {
          assertStringIncludes(stderr, "sys: statfs is granted");
        }
      });
    }
    // A probe that gets through connects and hangs up; nothing was ever asked.
    assertEquals(rig.wire.log.traffic.requests, 0);
    await t.step("and one that is not sabotaged gets through", async () => {
      await using agent = rig.start(["daemon", "nothing"]);
      await agent.line("Read the host");
      assert(rig.wire.log.traffic.requests > 0);
      assertEquals((await agent.stop()).code, 0);
    });
  },
);
