import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { repositoryRoot } from "../support/repository.ts";
import { VALID } from "./requests.ts";

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

/** The processes of this host alone: other tests, and other runs of them, create 1000 too. */
const PROCESSES = "mine=$(readlink /proc/self/ns/mnt); for each in /proc/[0-9]*; do " +
  '[ "$(readlink "$each/ns/mnt")" = "$mine" ] && tr "\\0" " " < "$each/cmdline" && echo; done; true';

const REQUEST = VALID["golden.create"];

/** The helper host with the stand-in for pct. */
async function hostWithPct(mode = ""): Promise<HelperHost> {
  const host = await HelperHost.create();
  const pct = await Deno.readTextFile(new URL("test/privileged/pct_stand_in.sh", repositoryRoot));
  await host.write("/usr/sbin/pct", pct, 0o755);
  await host.must("mkdir", "-p", "/run/pct");
  await host.write("/run/pct/mode", mode);
  return host;
}

/** The arguments of each call of pct. */
async function calls(host: HelperHost): Promise<string[][]> {
  const text = await host.must("cat", "/run/pct/calls");
  return text.split("\n\n").map((call) => call.trim().split("\n"));
}

Deno.test({
  name: "golden create through the real sudo: looks, creates, looks, and refuses to do it again",
  ignore,
  async fn() {
    await using host = await hostWithPct();
    const { code, answer, log } = await host.ask(REQUEST);
    assertEquals([code, answer.ok], [0, true]);
    assertEquals(answer.result, {
      vmid: 1000,
      config: {
        rootfs: "local-lvm:vm-1000-disk-0,size=8G",
        hostname: "golden",
        cores: "2",
        memory: "1024",
        unprivileged: "1",
        features: "nesting=1,keyctl=1",
        onboot: "0",
      },
    });
    assertEquals(log.trimEnd().split("\n").length, 1);
    assertEquals(JSON.parse(log).operation, "op-1");

    const again = await host.ask(REQUEST);
    assertEquals([again.code, again.answer.error?.code], [2, "exists"]);
    const commands = (await calls(host)).map(([command]) => command);
    assertEquals(commands, ["config", "create", "config", "config"]);
  },
});

for (
  const [mode, exit, code, changed, says] of [
    ["taken", 2, "exists", "no", "VM 1000 already exists on node 'other'"],
    ["full", 1, "program_failed", "no", "insufficient free space"],
    ["liar", 1, "unverified", "maybe", "not unprivileged"],
  ] as const
) {
  Deno.test({
    name: `golden create with a pct in mode "${mode}" ends as ${code}`,
    ignore,
    async fn() {
      await using host = await hostWithPct(mode);
      const reply = await host.ask(REQUEST);
      const { error } = reply.answer;
      assertEquals([reply.code, error?.code, error?.changed], [exit, code, changed]);
      assertStringIncludes(error.message, says);
    },
  });
}

Deno.test({
  name: "a pct that ignores its limit is ended by sudo, and what it left is told",
  ignore,
  async fn() {
    await using host = await hostWithPct("stuck");
    const sudoers = await host.must("cat", "/etc/sudoers.d/felhom-helper");
    await host.must("chmod", "0640", "/etc/sudoers.d/felhom-helper");
    const shorter = sudoers.replace("TIMEOUT=900s", "TIMEOUT=1s") + "\n";
    await host.write("/etc/sudoers.d/felhom-helper", shorter, 0o440);
    const { answer } = await host.ask(REQUEST);
    assertEquals([answer.error?.code, answer.error?.changed], ["program_failed", "maybe"]);
    assertStringIncludes(answer.error.message, "a signal ended it");
    assertStringIncludes(answer.error.message, 'exists now with lock "create"');
    const running = await host.must("sh", "-c", PROCESSES);
    assertStringIncludes(running, "/proc/self/ns/mnt", "the list has not even its own maker");
    assert(!running.includes("pct create 1000"), "the root process lives on");
  },
});

Deno.test({
  name: "a VMID beyond the unit's range starts nothing, whatever the sudoers file says",
  ignore,
  async fn() {
    await using host = await hostWithPct();
    const params = { ...Object(REQUEST["params"]), vmid: 2000 };
    const { code, answer } = await host.ask({ ...REQUEST, params });
    assertEquals([code, answer.error?.code], [2, "out_of_range"]);
    assertEquals((await host.run("cat", ["/run/pct/calls"])).code, 1);
  },
});
