import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lockState, openState } from "../../src/state/mod.ts";
import { AgentRig, type Finished } from "../support/agent_rig.ts";
import { DESTROY, draft, MINUTE } from "../authz/support/scene.ts";
import { openOperators } from "../authz/support/operators.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

const INSTANCE = "7Q3N0000000000000000000000";

/** The document of a wish that was made two days ago, to be valid for an hour. */
const WAITING = draft(DESTROY, { instance: INSTANCE, at: Date.now() - 2 * 24 * 60 * MINUTE });

/** Runs a command with something on its stdin. */
async function pipe(rig: AgentRig, input: string, ...args: readonly string[]): Promise<Finished> {
  const child = rig.command(args, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A state as a daemon leaves it, with one wish that waits. */
function makeState(rig: AgentRig, document: string): void {
  using lock = lockState(rig.box.outside("/var/lib/felhom-agent"));
  using state = openState(lock, {
    now: Date.now(),
    newInstance: INSTANCE,
    reserve: { size: 64 * 1024, step: 64 * 1024 },
  });
  state.pending.add({
    source: "hub",
    key: "k",
    kind: "guest.destroy",
    vmid: 101,
    document,
    reason: "contract \u202eended",
    at: Date.now(),
    expiresAt: Date.now() + 3_600_000,
  });
}

Deno.test("An operation from flags to a checked signature", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    const mallory = await operators.person("mallory");
    await Deno.mkdir(rig.box.outside("/etc/felhom-agent/signers"));
    await rig.box.write("/etc/felhom-agent/signers/operational", anna.line(), 0o640);
    const vmid = await firstGuest(rig);
    const destroy = ["op", "new", "--op", "guest.destroy", "--vmid", vmid, "--param", "purge=true"];
    const reason = ["--reason", "contract ended"];

    await t.step("op new says that there is no state before a daemon ran", async () => {
      const { code, stderr } = await rig.run([...destroy, ...reason]);
      assert(code !== 0);
      assertStringIncludes(stderr, "there is none yet");
    });
    makeState(rig, WAITING);

    let document = "";
    await t.step("op new prints the document, and how to sign it beside it", async () => {
      const made = await rig.run([...destroy, ...reason]);
      assertEquals(made.code, 0, made.stderr);
      document = made.stdout;
      const value = JSON.parse(document);
      assertEquals(document, `${JSON.stringify(value, null, 2)}\n`);
      assertEquals(
        [value.v, value.op, value.instance, value.guest, value.params],
        [1, "guest.destroy", INSTANCE, Number(vmid), { purge: true }],
      );
      assert(/^sha256:[0-9a-f]{64}$/.test(value.identity));
      assertStringIncludes(made.stderr, "ssh-keygen -Y sign -n felhom-op-v1 -f KEY op.json");
    });

    await t.step("Made twice, it names the same guest by another nonce", async () => {
      const again = JSON.parse((await rig.run([...destroy, ...reason])).stdout);
      const first = JSON.parse(document);
      assertEquals([again.name, again.identity], [first.name, first.identity]);
      assert(again.nonce !== first.nonce);
    });

    await t.step("op new makes the document of an unmount, which is about no guest", async () => {
      const uuid = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
      const unmount = ["op", "new", "--op", "disk.unmount", "--param", `uuid=${uuid}`, ...reason];
      const made = await rig.run(unmount);
      assertEquals(made.code, 0, made.stderr);
      const { op, guest, params } = JSON.parse(made.stdout);
      assertEquals([op, guest, params], ["disk.unmount", undefined, { uuid }]);
      const checked = await pipe(rig, made.stdout + await anna.sign(made.stdout), "op", "check");
      assertEquals(checked.code, 0, checked.stderr + checked.stdout);
    });

    await t.step("op show says in words what it will do, with or without signatures", async () => {
      for (const input of [document, document + await anna.sign(document)]) {
        const shown = await pipe(rig, input, "op", "show");
        assertEquals(shown.code, 0, shown.stderr);
        assertStringIncludes(shown.stdout, "Destroy a guest with its volumes and snapshots");
        assertStringIncludes(shown.stdout, `${vmid}, named ${JSON.parse(document).name}`);
        assertStringIncludes(shown.stdout, "way back   none");
      }
    });

    await t.step("op check finds a good signature good", async () => {
      const checked = await pipe(rig, document + await anna.sign(document), "op", "check");
      assertEquals(checked.code, 0, checked.stderr + checked.stdout);
      assertStringIncludes(checked.stdout, "anna (operational, SHA256:");
    });

    await t.step("op check names the step that refuses", async () => {
      const cases = [
        [document, "authz.unsigned"],
        [document + await mallory.sign(document), "authz.signer_unknown"],
        [document + await anna.sign(document, { namespace: "git" }), "authz.signature_namespace"],
        [document.replace("true", "false") + await anna.sign(document), "authz.signature_invalid"],
      ] as const;
      for (const [input, code] of cases) {
        const checked = await pipe(rig, input, "op", "check", "--json");
        assertEquals(checked.code, 4, checked.stdout);
        const { ok, refusal } = JSON.parse(checked.stdout);
        assertEquals([ok, refusal.code], [false, code]);
      }
    });

    await t.step("op new refuses what cannot be signed, with what to do", async () => {
      const cases: readonly (readonly [args: readonly string[], says: string])[] = [
        [[...destroy], "needs --reason TEXT"],
        [["op", "new", ...reason], "needs --op NAME"],
        [["op", "new", "--op", "guest.destory", "--vmid", vmid, ...reason], "guest.destroy?"],
        [["op", "new", "--op", "guest.start", "--vmid", vmid, ...reason], "to be signed"],
        [["op", "new", "--op", "guest.destroy", "--vmid", vmid, ...reason], "purge"],
        [[...destroy, ...reason, "--param", "force=true"], "force"],
        [[...destroy, ...reason, "--minutes", "100000"], "From 1 to 120"],
        [[
          "op",
          "new",
          "--op",
          "guest.destroy",
          "--vmid",
          "999999",
          "--param",
          "purge=true",
          ...reason,
        ], "no guest 999999"],
      ];
      for (const [args, says] of cases) {
        const { code, stdout, stderr } = await rig.run(args);
        assert(code !== 0, args.join(" "));
        assertEquals(stdout, "");
        assertStringIncludes(stderr, says);
      }
    });

    await t.step(
      "A rotation takes the new signers from stdin, and names the set it replaces",
      async () => {
        const args = ["op", "new", "--op", "signers.rotate", "--param", "role=operational"];
        const made = await pipe(rig, anna.line() + mallory.line(), ...args, ...reason);
        assertEquals(made.code, 0, made.stderr);
        const both = made.stdout + await anna.sign(made.stdout) + await mallory.sign(made.stdout);
        const checked = await pipe(rig, both, "op", "check");
        assertEquals(checked.code, 0, checked.stderr + checked.stdout);
        assertStringIncludes(checked.stdout, "2 keys of 2 people");
      },
    );

    await t.step("pending lists what waits, and prints its document", async () => {
      const list = await rig.run(["pending"]);
      assertEquals(list.code, 0, list.stderr);
      assertStringIncludes(list.stdout, "guest.destroy");
      assertStringIncludes(list.stdout, "contract \\u202eended");
      const { pending } = JSON.parse((await rig.run(["pending", "--json"])).stdout);
      const one = await rig.run(["pending", "--id", String(pending[0].id)]);
      // Two days have gone by since it was made: it is valid from now on, and the same otherwise.
      const [was, is] = [JSON.parse(WAITING), JSON.parse(one.stdout)];
      const { not_before, expires, ...rest } = is;
      assertEquals({ ...rest, not_before: was.not_before, expires: was.expires }, was);
      assertEquals(Date.parse(expires) - Date.parse(not_before), 60 * MINUTE);
      const now = Date.now();
      assert(Date.parse(not_before) <= now && Date.parse(expires) - now > 29 * MINUTE);
      assertEquals((await rig.run(["pending", "--id", "77"])).code, 2);
    });

    await t.step(
      "config check reads the signers, and names a line that cannot be used",
      async () => {
        const path = "/etc/felhom-agent/signers/recovery";
        await rig.box.write(path, anna.line(), 0o640);
        const { code, stderr } = await rig.run(["config", "check"]);
        assert(code !== 0);
        assertStringIncludes(stderr, `${path}:1`);
      },
    );
  } finally {
    await operators.close();
  }
});

async function firstGuest(rig: AgentRig): Promise<string> {
  const { stdout } = await rig.run(["guests", "--json"]);
  return String(JSON.parse(stdout).guests[0].vmid);
}
