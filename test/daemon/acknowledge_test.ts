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
  "state ack --yes makes a new instance and leaves the signers; root's word and a restart bring back the files",
  {
    ignore,
  },
  async () => {
    const operators = await openOperators();
    try {
      const [anna, bela, cara] = [
        await operators.person("anna"),
        await operators.person("bela"),
        await operators.person("cara"),
      ];
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
      const now = () => {
        const { sequence, origin, content } = inForce() ?? {};
        return { sequence, origin, content };
      };
      assertEquals(now(), { sequence: 2, origin: "rotation", content: bela.line() });
      const again = await rig.run(["state", "ack", "--yes"]);
      assertEquals(again.code, 4);
      assertStringIncludes(again.stderr, "state.not_in_doubt");
      assertEquals((await status()).instance, after.instance);
      assertEquals((await daemon.stop()).code, 0);

      // The file has the key that was rotated out; after that, another one.
      const reseed = "/etc/felhom-agent/signers/reseed";
      await rig.box.write(reseed, `${after.instance} 3\n`);
      const restart = async () => {
        await using next = rig.start();
        await next.line("Read the host");
        assertEquals((await next.stop()).code, 0);
        return next.lines.join("\n");
      };
      assertStringIncludes(await restart(), "was removed from the operational signers");
      assertEquals(now().content, bela.line());
      await rig.box.write("/etc/felhom-agent/signers/operational", cara.line());
      assertStringIncludes(await restart(), "root had the signers' files taken over");
      assertEquals(now(), { sequence: 3, origin: "file", content: cara.line() });
      assertStringIncludes(await restart(), "the wish to reseed the signers is ignored");
      assertEquals(now().sequence, 3);
      const kinds = readState(folder, ({ audit }) => audit.list({ limit: 1000 }))
        .map(({ kind }) => kind).filter((kind) => /^(signers|state)[.]/.test(kind));
      assertEquals(kinds, [
        ...["signers.file_changed", "signers.taken_over", "state.acknowledged"],
        ...["state.ack_refused", "signers.reseed_refused", "signers.file_changed"],
        ...["signers.reseeded", "signers.reseed_ignored"],
      ]);
    } finally {
      await operators.close();
    }
  },
);
