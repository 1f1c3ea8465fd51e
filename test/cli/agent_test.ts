import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { CheckResult } from "../../src/selftest/mod.ts";
import { AgentRig, type Finished } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { CANARY, findSecret } from "../support/secret_search.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

const CONFIG = "/etc/felhom-agent/agent.json";
const TOKEN = "/etc/felhom-agent/token";

/** The rig's own configuration, to be changed and put back. */
async function original(rig: AgentRig) {
  const config = await Deno.readTextFile(rig.box.outside(CONFIG));
  const token = await Deno.readTextFile(rig.box.outside(TOKEN));
  return {
    config,
    token: token.trim(),
    restore: async () => {
      await rig.box.write(CONFIG, config);
      await rig.box.write(TOKEN, token);
    },
  };
}

function output({ stdout, stderr }: Finished): string {
  return stdout + stderr;
}

/** A port on which nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("The command line at a healthy host", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  const { token } = await original(rig);
  const env = {
    FELHOM_AGENT_PROXMOX_STORAGES: "local,local-zfs",
    FELHOM_AGENT_PROXMOX_BRIDGES: "vmbr0",
    FELHOM_AGENT_PRIVILEGED_MODE: "off",
  };
  const debug = ["--log-level", "debug"];

  await t.step("selftest says of every check that it is well", async () => {
    const run = await rig.run(["selftest", ...debug], { env });
    assertEquals(run.code, 0, output(run));
    const lines = run.stdout.trimEnd().split("\n");
    const checks = [
      "configuration",
      "helper",
      "daemon",
      "fence",
      "endpoint",
      "token",
      "version",
      "node",
      "node status",
      "clock",
      "guests",
      "storages",
      "permissions",
    ];
    for (const [index, name] of checks.entries()) {
      assertMatch(lines[index] ?? "", new RegExp(`^(ok|skipped) +${name} +\\d+ ms  \\S`));
    }
    assertEquals(lines.at(-1), "13 checks: 11 ok, 0 failed, 2 skipped");
    assertEquals(findSecret(output(run), token), undefined);
  });

  await t.step("selftest changes nothing: it only ever reads", () => {
    const rows = rig.wire.log.rows();
    assert(rows.length > 5);
    assertEquals(rows.filter(({ method }) => method !== "GET"), []);
  });

  await t.step("selftest as JSON is one document", async () => {
    const run = await rig.run(["--selftest", "--json"], { env });
    assertEquals(run.stderr, "");
    const { version, ok, checks } = JSON.parse(run.stdout);
    assertEquals([run.code, version, ok, checks.length], [0, 1, true, 13]);
    for (const check of checks) {
      assertEquals(typeof check.tookMs, "number");
      assertEquals(typeof check.detail, "string");
    }
  });

  await t.step("guests shows what Proxmox lists, and which are managed", async () => {
    const range = {
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_FIRST: "200",
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_LAST: "210",
    };
    const { stdout } = await rig.run(["guests", "--json", ...debug], { env: range });
    const { version, node, guests } = JSON.parse(stdout);
    assertEquals([version, node], [1, "pve"]);
    for (const { vmid, managed } of guests) assertEquals(managed, 200 <= vmid && vmid <= 210);
    const run = await rig.run(["guests"], { env: range });
    const lines = run.stdout.trimEnd().split("\n");
    assertEquals(lines.length, guests.length + 1);
    assertMatch(lines[0] ?? "", /^VMID +NAME +STATUS +MANAGED/);
    for (const [index, { vmid, name, status, managed }] of guests.entries()) {
      const row = new RegExp(`^ *${vmid} +${name} +${status} +${managed ? "yes" : "no"} `);
      assertMatch(lines[index + 1] ?? "", row);
    }
  });

  await t.step("permissions says that they are what is needed", async () => {
    const run = await rig.run(["permissions", ...debug], { env });
    assertEquals([run.code, run.stdout], [
      0,
      "The token may do what the agent needs, and nothing more.\n",
    ]);
  });

  await t.step("permissions names what is missing, and how to grant it", async () => {
    const wanting = { FELHOM_AGENT_PROXMOX_STORAGES: "elsewhere" };
    const run = await rig.run(["permissions"], { env: wanting });
    assertEquals(run.code, 1);
    assertStringIncludes(run.stdout, "Datastore.AllocateSpace");
    assertMatch(run.stdout, /pveum acl modify \/storage\/elsewhere/);
    const selftest = await rig.run(["selftest"], { env: wanting });
    assertEquals(selftest.code, 1);
    assertStringIncludes(selftest.stdout, "elsewhere does not exist or may not be seen");
    assertMatch(selftest.stdout, /To mend permissions, as root on the host:\n +pveum/);
  });

  await t.step("a node that does not exist is the one thing that is wrong", async () => {
    const elsewhere = { ...env, FELHOM_AGENT_PROXMOX_NODE: "elsewhere" };
    const selftest = await rig.run(["selftest"], { env: elsewhere });
    assertEquals(selftest.code, 1);
    assertMatch(selftest.stdout, /^FAILED +node .* Set proxmox\.node/m);
    assertMatch(selftest.stdout, /^skipped permissions .* because node failed$/m);
    const guests = await rig.run(["guests"], { env: elsewhere });
    assertEquals(guests.code, 1);
    assertStringIncludes(guests.stderr, "Check proxmox.node");
  });

  await t.step("config show shows what is in effect, and no secret", async () => {
    const run = await rig.run(["config", "show", "--json"], { env });
    const { config } = JSON.parse(run.stdout);
    assertEquals(config.proxmox.storages, ["local", "local-zfs"]);
    assertEquals(config.proxmox.token.text, "[redacted]");
    assertEquals(findSecret(output(run), token), undefined);
  });

  await t.step("without a file, it says that all came from the environment", async () => {
    const { config, restore } = await original(rig);
    const { proxmox } = JSON.parse(config);
    const alone = {
      ...env,
      FELHOM_AGENT_PROXMOX_ENDPOINT: String(proxmox.endpoint),
      FELHOM_AGENT_PROXMOX_NODE: String(proxmox.node),
      FELHOM_AGENT_PROXMOX_TLS_FINGERPRINT: String(proxmox.tls.fingerprint),
      FELHOM_AGENT_PROXMOX_TOKEN_FILE: TOKEN,
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_FIRST: "200",
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_LAST: "210",
    };
    await Deno.remove(rig.box.outside(CONFIG));
    const run = await rig.run(["selftest"], { env: alone });
    const check = await rig.run(["config", "check"], { env: alone });
    await restore();
    assertEquals(run.code, 0, output(run));
    const source = `the environment alone (there is no ${CONFIG})`;
    assertStringIncludes(run.stdout.split("\n")[0] ?? "", source);
    assertEquals(check.stdout, `The configuration can be used: ${source}.\n`);
  });

  await t.step("config check says that it can be used", async () => {
    const run = await rig.run(["config", "check"]);
    assertEquals([run.code, run.stdout], [0, `The configuration can be used: ${CONFIG}.\n`]);
  });

  await t.step("status says that no daemon runs", async () => {
    const run = await rig.run(["status"]);
    assertEquals([run.code, run.stdout], [3, ""]);
    assertStringIncludes(run.stderr, "control.unreachable");
  });
});

/** A failing run: what is wrong, what is run, the exit code, and what it says. */
interface Failure {
  readonly what: string;
  readonly config?: (config: string) => string;
  readonly configMode?: number;
  /** @default the canary */
  readonly token?: string;
  readonly tokenMode?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** @default ["selftest"] */
  readonly args?: readonly string[];
  readonly code: number;
  readonly says: string;
}

const inline = (config: string) =>
  config.replace('"token_file":"/etc/felhom-agent/token"', `"token":"${CANARY}"`);
const unreachable = () => ({ FELHOM_AGENT_PROXMOX_ENDPOINT: `https://127.0.0.1:${freePort()}` });

const FAILURES: readonly Failure[] = [
  { what: "a wrong token", code: 1, says: "FAILED  token" },
  { what: "a wrong token in the file", config: inline, code: 1, says: "FAILED  token" },
  { what: "a wrong token, at guests", args: ["guests"], code: 1, says: "proxmox.unauthorized" },
  {
    what: "an endpoint where nobody listens",
    env: unreachable(),
    code: 1,
    says: "FAILED  endpoint",
  },
  {
    what: "the same, at guests",
    env: unreachable(),
    args: ["guests"],
    code: 3,
    says: "proxmox.refused",
  },
  {
    what: "a wrong fingerprint",
    env: { FELHOM_AGENT_PROXMOX_TLS_FINGERPRINT: "00".repeat(32) },
    code: 1,
    says: "FAILED  endpoint",
  },
  {
    what: "a configuration that is not JSON",
    config: (config) => inline(config).replace(`"${CANARY}"`, `"${CANARY}" oops`),
    code: 2,
    says: "The file is not JSON",
  },
  {
    what: "a token whose quotes are not closed",
    config: (config) => inline(config).replace(`"${CANARY}"`, `"${CANARY}`),
    code: 2,
    says: "config.invalid",
  },
  {
    what: "a misspelt key with the token",
    config: (config) => inline(config).replace('"token"', '"tokn"'),
    code: 2,
    says: "Did you mean proxmox.token?",
  },
  {
    what: "the token as a key",
    config: (config) =>
      inline(config).replace('"token":', "").replace(`"${CANARY}"`, `"${CANARY}":1`),
    code: 2,
    says: "No key has this name",
  },
  {
    what: "the token in the wrong place",
    config: (config) => config.replace('"node":"pve"', `"node":"${CANARY}"`),
    code: 2,
    says: "found: [redacted]",
  },
  {
    what: "the token in the endpoint",
    env: { FELHOM_AGENT_PROXMOX_ENDPOINT: `https://${CANARY}@127.0.0.1:8006` },
    code: 2,
    says: "the token does not belong into the URL",
  },
  {
    what: "a configuration with the token that all may read",
    config: inline,
    configMode: 0o644,
    code: 2,
    says: "config.exposed",
  },
  { what: "a token file that all may read", tokenMode: 0o644, code: 2, says: "chmod 0640" },
  {
    what: "a token file of two lines",
    token: `${CANARY}\n${CANARY}\n`,
    code: 2,
    says: "more than one line",
  },
  {
    what: "a token with a header around it",
    token: `PVEAPIToken=${CANARY}`,
    code: 2,
    says: "starts with",
  },
  { what: "a token cut short", token: CANARY.replace("=", ""), code: 2, says: 'it has no "="' },
  { what: "an empty token file", token: "", code: 2, says: "it is empty" },
  {
    what: "a misspelt variable with the token",
    env: { FELHOM_AGENT_PROXMOX_TOKN: CANARY },
    code: 2,
    says: "Did you mean FELHOM_AGENT_PROXMOX_TOKEN?",
  },
  {
    what: "the token as an option",
    args: ["guests", `--token=${CANARY}`],
    code: 2,
    says: 'no option "--token"',
  },
  { what: "the token as a command", args: [CANARY], code: 2, says: "usage.invalid" },
  {
    what: "the token as the log level",
    args: ["guests", "--log-level", CANARY],
    code: 2,
    says: "usage.invalid",
  },
  {
    what: "a configuration somewhere else",
    args: ["selftest", "--config", "/tmp/agent.json"],
    code: 2,
    says: "must lie below /etc/felhom-agent",
  },
  {
    what: "a daemon with a bad configuration",
    token: "x",
    args: ["run"],
    code: 2,
    says: "config.invalid",
  },
];

Deno.test(
  "Failing runs say what is wrong, and show no secret at debug level",
  { ignore },
  async (t) => {
    await using rig = await AgentRig.create();
    const { config, restore } = await original(rig);
    for (const failure of FAILURES) {
      await t.step(failure.what, async () => {
        const { args = ["selftest"], env = {}, token = CANARY } = failure;
        await rig.box.write(
          CONFIG,
          failure.config?.(config) ?? config,
          failure.configMode ?? 0o640,
        );
        await rig.box.write(TOKEN, token, failure.tokenMode ?? 0o600);
        const level = args[0] === CANARY || args.includes("--log-level")
          ? []
          : ["--log-level", "debug"];
        const human = await rig.run([...args, ...level], { env });
        assertEquals(human.code, failure.code, output(human));
        assertStringIncludes(output(human), failure.says);
        assertEquals(findSecret(output(human)), undefined, output(human));
        // A refused token costs 3 s: those are shown as JSON once, below.
        if (args[0] === "run" || failure.code !== 2) return;
        const json = await rig.run([...args, ...level, "--json"], { env });
        assertEquals(json.code, failure.code);
        assertEquals(JSON.parse(json.stdout).version, 1);
        assertEquals(findSecret(output(json)), undefined, output(json));
      });
    }
    await restore();

    await t.step("a server that sends the token back", async () => {
      await rig.box.write(TOKEN, CANARY);
      const message = `Bad header "Authorization: PVEAPIToken=${CANARY}"\n\x1b[31m`;
      rig.wire.faults.add({
        fault: {
          kind: "status",
          status: 500,
          reason: message.slice(0, -6),
          body: { data: null, message },
        },
      });
      for (const args of [["selftest"], ["guests"], ["selftest", "--json"], ["guests", "--json"]]) {
        const run = await rig.run([...args, "--log-level", "debug"]);
        assertEquals(run.code, 1, output(run));
        assertStringIncludes(output(run), "[redacted]");
        assertEquals(findSecret(output(run)), undefined, output(run));
        assert(!output(run).includes("\x1b"));
      }
    });
  },
);

Deno.test("After a failed check the ones that need it are skipped", { ignore }, async () => {
  await using rig = await AgentRig.create();
  await rig.box.write(TOKEN, CANARY);
  const run = await rig.run(["selftest", "--json"]);
  const checks: CheckResult[] = JSON.parse(run.stdout).checks;
  const of = (status: string) =>
    checks.filter((check) => check.status === status).map(({ name }) => name);
  assertEquals(of("failed"), ["token"]);
  assertEquals(of("warning"), ["helper"]);
  assertEquals(of("skipped"), [
    "daemon",
    "version",
    "node",
    "node status",
    "clock",
    "guests",
    "storages",
    "permissions",
  ]);
});
