import { assert, assertEquals } from "@std/assert";
import { AgentRig, type RunningProcess } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { tracedCalls } from "./traced_calls.ts";
import { hasStrace } from "../support/has_strace.ts";

const strace = await hasStrace();
// deno-lint-ignore no-console -- a skipped test says why
if (sandboxKind === undefined) console.log(`Skipped: ${NO_SANDBOX}`);
// deno-lint-ignore no-console -- a skipped test says why
else if (!strace) console.log("Skipped: strace is not installed, or may not trace here");

/** Lets an agent read its host and answer twice, then ends it by the process id it says it has. */
async function live(rig: AgentRig, agent: RunningProcess): Promise<void> {
  await agent.line("Read the host");
  const { stdout } = await rig.run(["status", "--json"]);
  await rig.run(["status"]);
  Deno.kill(JSON.parse(stdout).pid, "SIGTERM");
  const { code, stderr } = await agent.finished();
  assertEquals(code, 0, stderr);
}

/**
 * System calls that name a file, after the seal: all there are, each with its reason. The path is
 * matched whole, what follows it is not: a call that the end of the process cuts off has no end.
 */
const FILE_CALLS_AFTER_SEAL: readonly { readonly call: RegExp; readonly why: string }[] = [
  {
    call: /^unlink\("\/run\/felhom-agent\/control\.sock"/,
    why: "The runtime removes the socket's name when the listener is closed, at the very end.",
  },
  {
    call: /^(?:stat|newfstatat|statx)\((?:AT_FDCWD, )?"\/var\/lib\/felhom-agent\/state\.db"/,
    why: "SQLite looks whether its open file is still the one in the folder; it opens nothing.",
  },
  {
    call: /^unlink\("\/var\/lib\/felhom-agent\/state\.db-(?:wal|shm)"/,
    why: "SQLite removes its log when the database is closed, at the very end.",
  },
  {
    call:
      /^(?:stat|newfstatat|statx)\((?:AT_FDCWD, )?"\/var\/lib\/felhom-agent\/state\.db-(?:journal|wal)"/,
    why: "SQLite sees that no log is left before the header says so; it opens nothing.",
  },
  {
    call: /^(?:stat|newfstatat|statx)\((?:AT_FDCWD, )?"\/dev\/sysgenid"/,
    why: "The TLS library asks whether this is a virtual machine that was cloned.",
  },
];

Deno.test("A trace of the kernel shows no file opened and no program started after the seal", {
  ignore: sandboxKind === undefined || !strace,
}, async () => {
  await using rig = await AgentRig.create();
  const trace = rig.box.outside("/home/trace");
  await using agent = rig.start(["run"], {
    under: ["strace", "-f", "-s", "200", "-e", "trace=file,process,network,write", "-o", trace],
  });
  await live(rig, agent);
  const calls = tracedCalls(await Deno.readTextFile(trace));
  const sealed = calls.findIndex((call) => /^write\(1, .*Sealed and ready/.test(call));
  assert(sealed > 0);
  const naming = (call: string) =>
    !/^(?:write|sendto|sendmsg|recvfrom|recvmsg|connect|getsockname|getpeername|accept4?)\(/.test(
      call,
    ) && call.includes('"');
  // Before the seal there is plenty, so the trace does see such calls.
  assert(calls.slice(0, sealed).some((call) => /^open(?:at)?\(.*state\.db/.test(call)));
  const after = calls.slice(sealed);
  assertEquals(
    after.filter(naming).filter((call) =>
      !FILE_CALLS_AFTER_SEAL.some((known) => known.call.test(call))
    ),
    [],
  );
  assertEquals(
    after.filter((call) =>
      /^(?:execve|execveat|fork|vfork|bind|listen)\(/.test(call) ||
      (/^clone3?\(/.test(call) && !call.includes("CLONE_THREAD"))
    ),
    [],
  );
  // The one address that is listed, and no other.
  const connected = after.filter((call) => call.startsWith("connect("));
  assert(connected.length > 0);
  assertEquals(connected.filter((call) => !call.includes(`htons(${rig.wire.port})`)), []);
});

Deno.test("The runtime's own audit shows no check after the seal but for the listed address", {
  ignore: sandboxKind === undefined,
}, async () => {
  await using rig = await AgentRig.create();
  const audit = rig.box.outside("/home/audit.jsonl");
  await using agent = rig.start(["run"], { env: { DENO_AUDIT_PERMISSIONS: audit } });
  await live(rig, agent);
  const checks = (await Deno.readTextFile(audit)).trim().split("\n").map((line) => {
    const { permission, value } = JSON.parse(line);
    return `${permission} ${value}`;
  });
  // Each isolate ends its probes with this one.
  const last = checks.lastIndexOf("read /nonexistent/felhom-probe.js");
  assertEquals(checks.filter((check) => check === checks[last]).length, 2);
  const after = new Set(checks.slice(last + 1));
  assertEquals([...after], [`net 127.0.0.1:${rig.wire.port}`]);
  // Everything before it, of which a probe is no part, is in the permission set.
  assert(checks.slice(0, last).includes("read /etc/felhom-agent/agent.json"));
});
