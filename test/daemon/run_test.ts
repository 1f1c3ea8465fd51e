import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readState } from "../../src/state/mod.ts";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

Deno.test("The daemon", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  await using daemon = rig.start();
  await daemon.line("Read the host");
  const status = async () => {
    const { code, stdout, stderr } = await rig.run(["status", "--json"]);
    return { code, stderr, ...JSON.parse(stdout) };
  };

  await t.step("answers status with what it read and what it may do", async () => {
    const answer = await status();
    assertEquals(answer.code, 0, answer.stderr);
    assertEquals(answer.engine.phase, "running");
    assertEquals(answer.engine.failing, 0);
    assert(answer.engine.lastPass.guests.total > 0);
    assertEquals(answer.seals.map(({ isolate }: { isolate: string }) => isolate), [
      "main isolate",
      "daemon",
    ]);
    for (const seal of answer.seals) {
      assert(seal.probes.length > 80);
      assert(seal.probes.every(({ verdict }: { verdict: string }) => verdict === "denied"));
    }
  });

  await t.step("asks Proxmox only after both isolates were sealed", async () => {
    const { sealedAt } = await status();
    const first = rig.wire.log.rows()[0];
    assert(first !== undefined && first.time >= sealedAt);
    assert(rig.wire.log.rows().every(({ method }) => method === "GET"));
  });

  await t.step("keeps its control socket to owner and group, its state to the owner", async () => {
    const mode = async (path: string) =>
      ((await Deno.stat(rig.box.outside(path))).mode ?? 0) & 0o777;
    assertEquals(await mode("/run/felhom-agent/control.sock"), 0o660);
    assertEquals(await mode("/var/lib/felhom-agent/state.db"), 0o600);
    assertEquals(await mode("/var/lib/felhom-agent/state.db-wal"), 0o600);
    assertEquals(await mode("/var/lib/felhom-agent/agent.lock"), 0o600);
  });

  await t.step("refuses a second start, and goes on", async () => {
    const { code, stderr } = await rig.run(["run"]);
    assertEquals(code, 4, stderr);
    assertMatch(stderr, /A daemon works with .* already \(process \d+\)/);
    assertEquals((await status()).code, 0);
  });

  await t.step("ends when it is told to, with exit code 0", async () => {
    const { code, stdout, stderr } = await daemon.stop();
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "Ended");
  });

  await t.step("leaves one file of its state that can be read, each time", async () => {
    const folder = rig.box.outside("/var/lib/felhom-agent");
    for (let time = 0; time < 8; time++) {
      await using again = rig.start();
      await again.line("Sealed and ready");
      assertEquals((await again.stop()).code, 0);
      assert(readState(folder, (state) => state.instances.current()).startedAt !== null);
    }
  });

  await t.step("leaves nobody who answers", async () => {
    const { code, stderr } = await rig.run(["status"]);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "control.unreachable");
  });

  await t.step("reaches Proxmox by a name as well, which is looked up after the seal", async () => {
    const endpoint = `https://localhost:${rig.wire.port}`;
    await using named = rig.start(["run"], { env: { FELHOM_AGENT_PROXMOX_ENDPOINT: endpoint } });
    await named.line("Read the host");
    assertEquals((await named.stop()).code, 0);
  });

  await t.step("starts again over what a killed one left, as the same instance", async () => {
    await using killed = rig.start();
    await killed.line("Read the host");
    const { instance } = await status();
    killed.kill("SIGKILL");
    await killed.finished();
    assert((await Deno.stat(rig.box.outside("/run/felhom-agent/control.sock"))).isSocket);
    await using again = rig.start();
    await again.line("Read the host");
    assertEquals((await status()).instance, instance);
    assertEquals((await again.stop()).code, 0);
  });
});

Deno.test(
  "A daemon that cannot have its state or its socket does not start",
  { ignore },
  async (t) => {
    const cases: Record<
      string,
      { spoil: (rig: AgentRig) => Promise<void>; says: RegExp; code: number }
    > = {
      "the state is no database": {
        spoil: (rig) => rig.box.write("/var/lib/felhom-agent/state.db", "x".repeat(4096)),
        says: /Cannot use the state .*not a database/,
        code: 1,
      },
      "the state is full of zeros": {
        spoil: (rig) => rig.box.write("/var/lib/felhom-agent/state.db", "\0".repeat(8192)),
        says: /Cannot use the state/,
        code: 1,
      },
      "the control socket's place is taken": {
        spoil: (rig) => rig.box.write("/run/felhom-agent/control.sock", "a file"),
        says: /Cannot listen on .*no socket is in its place/,
        code: 1,
      },
      "the state folder is missing": {
        spoil: (rig) =>
          Deno.remove(rig.box.outside("/var/lib/felhom-agent/sub"), { recursive: true }),
        says: /Cannot open the lock file/,
        code: 1,
      },
    };
    for (const [name, { spoil, says, code }] of Object.entries(cases)) {
      await t.step(name, async () => {
        await using rig = await AgentRig.create();
        await Deno.mkdir(rig.box.outside("/var/lib/felhom-agent/sub"));
        const env = name.includes("missing")
          ? { FELHOM_AGENT_STATE_DIRECTORY: "/var/lib/felhom-agent/sub" }
          : {};
        await spoil(rig);
        const state = rig.box.outside("/var/lib/felhom-agent/state.db");
        const before = await Deno.readFile(state).catch(() => undefined);
        const result = await rig.run(["run"], { env });
        assertEquals(result.code, code, result.stderr);
        assertMatch(result.stderr, says);
        assertEquals(rig.wire.log.traffic.connections, 0);
        if (before !== undefined) assertEquals(await Deno.readFile(state), before);
      });
    }
  },
);
