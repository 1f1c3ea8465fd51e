import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lockState, openState, readState, textDigest } from "../../src/state/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

/** Leaves rotated signers and a doubt behind, as a run before did. */
function rotateAndDoubt(folder: string, from: string, to: string): void {
  using lock = lockState(folder);
  using state = openState(lock, { now: Date.now(), newInstance: "none" });
  state.signers.install({
    role: "operational",
    sequence: 2,
    previous: textDigest(from),
    digest: textDigest(to),
    content: to,
    origin: "rotation",
    operation: "an-operation",
    installedAt: Date.now(),
  });
  state.instances.doubt("The node knows more", Date.now());
}

Deno.test(
  "state ack --yes makes a new instance over the control socket, with the signers of the files",
  {
    ignore,
  },
  async () => {
    const operators = await openOperators();
    try {
      const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
      await using rig = await AgentRig.create();
      const folder = rig.box.outside("/var/lib/felhom-agent");
      await Deno.mkdir(rig.box.outside("/etc/felhom-agent/signers"));
      await rig.box.write("/etc/felhom-agent/signers/operational", anna.line());
      {
        await using first = rig.start();
        await first.line("Read the host");
        assertEquals((await first.stop()).code, 0);
      }
      rotateAndDoubt(folder, anna.line(), bela.line());

      await using daemon = rig.start();
      await daemon.line("Read the host");
      const status = async () => JSON.parse((await rig.run(["status", "--json"])).stdout);
      const inForce = () => readState(folder, ({ signers }) => signers.current("operational"));
      const before = await status();
      assertEquals(before.engine.doubt, "The node knows more");
      assertEquals(inForce()?.content, bela.line());
      assertEquals((await rig.run(["state", "ack"])).code, 4);
      assertEquals((await status()).instance, before.instance);

      const done = await rig.run(["state", "ack", "--yes"]);
      assertEquals(done.code, 0, done.stderr);
      const after = await status();
      assert(after.instance !== before.instance);
      assertStringIncludes(done.stdout, after.instance);
      assertEquals(after.engine.doubt, null);
      const { sequence, origin, content } = inForce() ?? {};
      assertEquals({ sequence, origin, content }, {
        sequence: 3,
        origin: "file",
        content: anna.line(),
      });
      assertEquals((await daemon.stop()).code, 0);
    } finally {
      await operators.close();
    }
  },
);
