import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AgentRig, RunningProcess } from "../support/agent_rig.ts";
import { repositoryRoot } from "../support/repository.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

// Signals and network namespaces of another user's process are for root.
const ignore = sandboxKind !== "root";
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${sandboxKind === undefined ? NO_SANDBOX : "not root"}`);

/** The port of the debugger, as `/proc` writes it. */
const DEBUGGER = "0100007F:240D";

/** Whether something listens on 127.0.0.1:9229 in the network of a process. */
async function debuggerListens(pid: number): Promise<boolean> {
  const table = await Deno.readTextFile(`/proc/${pid}/net/tcp`);
  return table.split("\n").some((line) => line.includes(`${DEBUGGER} 00000000:0000 0A`));
}

/** Looks again until it is so, at most twenty seconds. */
async function becomes(condition: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** Whether the process catches SIGUSR1; until the runtime has seen to that, the signal ends it. */
async function catchesSignal(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & (1n << 9n)) !== 0n;
}

async function stillAnswers(rig: AgentRig): Promise<number> {
  return JSON.parse((await rig.run(["status", "--json"])).stdout).pid;
}

Deno.test("SIGUSR1 opens the debugger without any right: only the unit closes it", {
  ignore,
}, async () => {
  await using rig = await AgentRig.create();
  await using agent = rig.start(["run"], { ownNetwork: true });
  await agent.line("Sealed and ready");
  assert(await becomes(() => catchesSignal(agent.pid)));
  assertEquals(await debuggerListens(agent.pid), false);
  agent.kill("SIGUSR1");
  // The day this fails, the runtime has closed it, and the unit may say so.
  assert(await becomes(() => debuggerListens(agent.pid)));
  assertEquals(await stillAnswers(rig), agent.pid);
  assertEquals((await agent.stop()).code, 0);
});

Deno.test("Where 127.0.0.1:9229 cannot be bound, SIGUSR1 opens nothing and the daemon lives on", {
  ignore,
}, async () => {
  await using rig = await AgentRig.create();
  await using agent = rig.start(["run"], { ownNetwork: true });
  await agent.line("Sealed and ready");
  const holder = new RunningProcess(
    new Deno.Command("nsenter", {
      args: [
        ...["--net", "--target", String(agent.pid), Deno.execPath(), "eval", "--no-check"],
        'Deno.listen({ hostname: "127.0.0.1", port: 9229 }); console.log("held");' +
        "await new Promise(() => setInterval(() => {}, 1000));",
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
  await using _holder = holder;
  await holder.line("held");
  assert(await becomes(() => catchesSignal(agent.pid)));
  agent.kill("SIGUSR1");
  assertEquals(await stillAnswers(rig), agent.pid);
  holder.kill("SIGKILL");
  await holder.finished();
  assertEquals(await debuggerListens(agent.pid), false);
  assertEquals(await stillAnswers(rig), agent.pid);
  const { code, stderr } = await agent.stop();
  assertEquals(code, 0);
  assert(!stderr.includes("Debugger listening"), stderr);
});

Deno.test("The unit closes what no permission covers, and systemd takes it", async () => {
  const unit = await Deno.readTextFile(new URL("configs/felhom-agent.service", repositoryRoot));
  for (const line of ["SocketBindDeny=any", "Environment=DENO_DIR=/nonexistent/deno"]) {
    assertStringIncludes(unit, `\n${line}`);
  }
  assertEquals(unit.includes("SocketBindAllow"), false);
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/felhom-agent.service`;
    // The program is not installed here; everything else is the file as it is.
    await Deno.writeTextFile(path, unit.replace("/usr/local/bin/felhom-agent run", "/bin/true"));
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", path],
    }).output();
    assert(success);
    assertEquals(new TextDecoder().decode(stderr), "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // deno-lint-ignore no-console -- a skipped test says why
    console.log("Skipped: systemd-analyze is not installed");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
