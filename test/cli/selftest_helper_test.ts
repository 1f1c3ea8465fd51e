import { assertEquals, assertStringIncludes } from "@std/assert";
import { bundleAgent } from "../../src/build/bundle.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { listen } from "../support/listening_helper.ts";

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

const SOCKET = "/run/felhom-privileged/helper.sock";
const PROGRAM = "/usr/local/lib/felhom/agent";

/** A configuration with a Proxmox that nobody will find; the helper is asked all the same. */
const CONFIGURATION = {
  proxmox: {
    endpoint: "https://127.0.0.1:1",
    node: "pve",
    token_file: "/etc/felhom-agent/token",
    tls: { fingerprint: Array(32).fill("00").join(":") },
  },
  guests: { managed_vmids: { first: 1000, last: 1999 } },
};

async function installAgent(host: HelperHost): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-agent-" });
  try {
    await bundleAgent({ output: folder });
    await host.must("mkdir", "-p", PROGRAM, "/etc/felhom-agent");
    for await (const { name } of Deno.readDir(folder)) {
      await host.write(`${PROGRAM}/${name}`, await Deno.readTextFile(`${folder}/${name}`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await host.write("/etc/felhom-agent/agent.json", JSON.stringify(CONFIGURATION));
  const secret = "00000000-0000-4000-8000-000000000000";
  await host.write("/etc/felhom-agent/token", `felhom@pve!agent=${secret}\n`, 0o600);
  await host.must("chown", "felhom-agent", "/etc/felhom-agent/token");
}

/** The self-test's check of the helper, by an agent under its own user and permission set. */
async function checkOfHelper(host: HelperHost) {
  const { stdout, stderr } = await host.run("/usr/local/bin/deno", [
    ...["run", "--quiet", "-P=agent", "--no-prompt", "--no-remote", "--no-npm", "--no-lock"],
    ...["--config", "/usr/local/lib/felhom/deno.json", `${PROGRAM}/felhom-agent.js`],
    ...["selftest", "--json"],
  ], { as: "felhom-agent", env: { DENO_DIR: "/nonexistent" } });
  if (stdout === "") throw new Error(stderr);
  const { checks }: { checks: { name: string; status: string; detail: string }[] } = JSON.parse(
    stdout,
  );
  return checks.find(({ name }) => name === "helper");
}

Deno.test({
  name: "the self-test asks the helper, through the rights that socket and agent really have",
  ignore,
  async fn(t) {
    await using host = await HelperHost.create();
    await installAgent(host);

    await t.step("without a helper it warns", async () => {
      assertEquals((await checkOfHelper(host))?.status, "warning");
    });

    await using _helper = await listen(host);
    // As the socket unit does.
    await host.must("chown", "root:felhom-agent", SOCKET);
    await host.must("chmod", "0660", SOCKET);

    await t.step("it names what is missing on this host", async () => {
      const check = await checkOfHelper(host);
      assertEquals(check?.status, "warning");
      assertStringIncludes(check?.detail ?? "", "golden.create: /usr/sbin/pct is not installed");
    });

    await t.step("with everything in place all is well", async () => {
      await host.write("/usr/sbin/pct", "#!/bin/sh\nexit 1\n", 0o755);
      const check = await checkOfHelper(host);
      assertEquals([check?.status, check?.detail], [
        "ok",
        "It answers, and all its 6 operations are ready",
      ]);
    });

    await t.step("it notices a sudoers file for other VMIDs", async () => {
      const file = "/etc/sudoers.d/felhom-helper";
      const rules = await host.must("cat", file);
      // 1000 to 1799 only.
      await host.write(file, rules.replaceAll("1[0-9]{3} ", "1[0-7][0-9]{2} ") + "\n", 0o440);
      const check = await checkOfHelper(host);
      assertEquals(check?.status, "warning");
      assertStringIncludes(
        check?.detail ?? "",
        "golden.create: sudo has no rule for /usr/sbin/pct",
      );
    });

    await t.step("without the sudoers file it says which rule is missing", async () => {
      await host.must("rm", "/etc/sudoers.d/felhom-helper");
      const check = await checkOfHelper(host);
      assertEquals(check?.status, "warning");
      assertStringIncludes(check?.detail ?? "", "sudo has no rule for /usr/bin/mount");
    });

    await t.step("another user may not connect", async () => {
      const connect = 'await Deno.connect({ transport: "unix", path: Deno.args[0] })';
      const { code, stderr } = await host.run("/usr/local/bin/deno", [
        ...["eval", "--quiet", connect, SOCKET],
      ], { as: "felhom-helper", env: { DENO_DIR: "/nonexistent" } });
      assertEquals(code, 1);
      assertStringIncludes(stderr, "PermissionDenied");
    });

    await t.step(
      "a helper that is root itself is noticed, and in mode direct it is used",
      async () => {
        const script = await host.must("cat", "/usr/local/bin/felhom-privileged");
        const direct = script.replace("-P=privileged ", "-P=privileged-direct ") + "\n";
        await host.write("/usr/local/bin/direct", direct, 0o755);
        const socket = "/run/felhom-privileged/direct.sock";
        const program = ["/usr/local/bin/direct", "--direct", "--vmids", "1000-1999"];
        await using _direct = await listen(host, { socket, program, as: "root" });
        await host.must("mv", socket, SOCKET);
        await host.must("chown", "root:felhom-agent", SOCKET);
        await host.must("chmod", "0660", SOCKET);
        assertEquals((await checkOfHelper(host))?.status, "failed");
        const privileged = { mode: "direct" };
        const configuration = JSON.stringify({ ...CONFIGURATION, privileged });
        await host.write("/etc/felhom-agent/agent.json", configuration);
        assertEquals((await checkOfHelper(host))?.status, "ok");
      },
    );
  },
});
