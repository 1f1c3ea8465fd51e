import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AgentRig } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

Deno.test("A daemon that crashes ends the process, which says so", { ignore }, async (t) => {
  await using rig = await AgentRig.create({
    main: "test/fence/entries/sabotaged_main.ts",
    daemon: "test/daemon/entries/mortal_worker.ts",
  });
  for (const way of ["throws", "rejects"]) {
    await t.step(`it ${way}`, async () => {
      const { code, stderr } = await rig.run([way]);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "The daemon crashed: Uncaught");
      assertStringIncludes(stderr, "(daemon.died)");
    });
  }
});

Deno.test("systemd is told when the daemon is ready and when it stops", { ignore }, async () => {
  await using rig = await AgentRig.create();
  const socket = Deno.listenDatagram({
    transport: "unixpacket",
    path: rig.box.outside("/run/systemd/notify"),
  });
  try {
    await using agent = rig.start(["run"], {
      env: { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "120000000" },
    });
    const next = async () => new TextDecoder().decode((await socket.receive())[0]);
    assertEquals(await next(), "READY=1");
    assertMatch(await next(), /^STATUS=.+\nWATCHDOG=1$/);
    // Not before the seal, and not before it can answer.
    const { stdout } = await rig.run(["status", "--json"]);
    const { seals } = JSON.parse(stdout);
    assert(seals[1].held.write.includes("/run/systemd/notify"));
    agent.kill("SIGTERM");
    let last = await next();
    // It may have been about to say how it is.
    for (let more = 0; more < 10 && last.startsWith("STATUS="); more++) last = await next();
    assertEquals(last, "STOPPING=1");
    assertEquals((await agent.finished()).code, 0);
  } finally {
    socket.close();
  }
});

Deno.test(
  "A socket of systemd's that the set has no right to is left alone",
  { ignore },
  async () => {
    await using rig = await AgentRig.create();
    await using agent = rig.start(["run"], { env: { NOTIFY_SOCKET: "@/org/freedesktop/notify" } });
    await agent.line("Read the host");
    assertEquals((await agent.stop()).code, 0);
  },
);
