import { assert, assertEquals } from "@std/assert";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, Sandbox, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

interface Looked {
  readonly isolate: string;
  readonly outcomes: Readonly<Record<string, string>>;
}

/** What the runtime words differently though it refuses, each with the reason. */
const REFUSED_IN_OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  // Name lookup goes through node's error codes: the right to the name is missing.
  "dns.lookup": /EPERM/,
  // Never possible in a Worker.
  "process.setuid": /not supported in workers/,
};

function notRefused({ outcomes }: Looked): [string, string][] {
  return Object.entries(outcomes).filter(([name, outcome]) =>
    outcome !== "denied" && !(REFUSED_IN_OTHER_WORDS[name]?.test(outcome) ?? false)
  );
}

function parse(line: string): Looked {
  return JSON.parse(line.slice("LOOKED ".length));
}

/** What attempts have left behind on this machine, outside every sandbox. */
async function attemptsLeft(): Promise<string[]> {
  const left: string[] = [];
  for (const folder of ["/tmp", "/run"]) {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.startsWith("felhom-attempt")) left.push(`${folder}/${name}`);
    }
  }
  return left.sort();
}

Deno.test("From inside the sealed isolates nothing is left", { ignore }, async (t) => {
  await using rig = await AgentRig.create({
    main: "test/fence/entries/looking_main.ts",
    daemon: "test/fence/entries/looking_worker.ts",
  });
  using _other = Deno.listen({
    transport: "unix",
    path: rig.box.outside("/run/felhom-agent/other.sock"),
  });
  await using agent = rig.start([]);
  for (const isolate of ["Worker", "main isolate"]) {
    await t.step(`nothing that is tried in the ${isolate} can be done`, async () => {
      const looked = parse(await agent.line(`LOOKED {"isolate":"${isolate}"`));
      assert(Object.keys(looked.outcomes).length > 120);
      assertEquals(notRefused(looked), []);
    });
  }
  await t.step("and the daemon does its work all the same", async () => {
    await agent.line("Read the host");
    assertEquals((await agent.stop()).code, 0);
  });
});

Deno.test("The Worker of a command can reach Proxmox, and nothing is left but that", {
  ignore,
}, async (t) => {
  await using rig = await AgentRig.create({ daemon: "test/fence/entries/looking_worker.ts" });
  using _other = Deno.listen({
    transport: "unix",
    path: rig.box.outside("/run/felhom-agent/other.sock"),
  });
  for (const command of ["guests", "selftest"]) {
    await t.step(command, async () => {
      await using agent = rig.start([command]);
      const looked = parse(await agent.line("LOOKED"));
      assertEquals(notRefused(looked), []);
      const before = rig.wire.log.traffic.requests;
      assertEquals((await agent.finished()).code, 0);
      assert(rig.wire.log.traffic.requests > before);
    });
  }
});

Deno.test("A command whose Worker has a broken seal ends before anything reached Proxmox", {
  ignore,
}, async (t) => {
  await using rig = await AgentRig.create({ daemon: "test/fence/entries/broken_worker.ts" });
  for (const command of ["guests", "selftest", "run"]) {
    await t.step(command, async () => {
      const { code, stderr, stdout } = await rig.run([command]);
      assertEquals(code, 70, stderr + stdout);
      assert((stderr + stdout).includes("fence.broken"), stderr + stdout);
    });
  }
  assertEquals(rig.wire.log.traffic.connections, 0);
});

Deno.test("Without the fence none of it is denied, so the attempts prove something", {
  ignore,
}, async () => {
  await using box = await Sandbox.create();
  const entry = new URL("entries/looking_free.ts", import.meta.url).pathname;
  const before = await attemptsLeft();
  const { stdout } = await box.command(Deno.execPath(), [
    ...["run", "-A", "--no-check", "--no-prompt", "--no-lock", "--no-remote", "--no-npm"],
    ...["--unstable-net", "--unstable-worker-options", entry],
  ], { ownNetwork: true }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((line) =>
    line.startsWith("LOOKED")
  );
  assert(line !== undefined);
  const { outcomes } = parse(line);
  assertEquals(Object.entries(outcomes).filter(([, outcome]) => outcome === "denied"), []);
  assert(Object.values(outcomes).filter((outcome) => outcome === "done").length > 60);
  assertEquals(await attemptsLeft(), before);
});
