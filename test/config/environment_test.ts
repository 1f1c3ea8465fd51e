import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { mistakes, variableOf } from "../../src/config/environment.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { SETTINGS } from "../../src/config/schema.ts";
import { FINGERPRINT, goodConfig, memorySources, TOKEN } from "./memory_sources.ts";

const OTHER_TOKEN = "other@pve!tok=11111111-2222-3333-4444-555555555555";

Deno.test("the name of a variable follows from the path of its key", () => {
  assertEquals(variableOf("proxmox.token"), "FELHOM_AGENT_PROXMOX_TOKEN");
  assertEquals(variableOf("proxmox.tls.fingerprint"), "FELHOM_AGENT_PROXMOX_TLS_FINGERPRINT");
  assertEquals(
    variableOf("guests.managed_vmids.first"),
    "FELHOM_AGENT_GUESTS_MANAGED_VMIDS_FIRST",
  );
});

Deno.test("no two keys share a variable", () => {
  const names = [...SETTINGS.keys()].map(variableOf);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("every key can be set by its variable alone, without a file", async () => {
  const config = await loadConfig(memorySources(undefined, {
    env: {
      FELHOM_AGENT_PROXMOX_ENDPOINT: "https://[::1]:8006",
      FELHOM_AGENT_PROXMOX_NODE: "pve2",
      FELHOM_AGENT_PROXMOX_TOKEN: TOKEN,
      FELHOM_AGENT_PROXMOX_TLS_INSECURE_SKIP_VERIFY: "1",
      FELHOM_AGENT_PROXMOX_STORAGES: "local, tank ,",
      FELHOM_AGENT_PROXMOX_BRIDGES: "vmbr0",
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_FIRST: "500",
      FELHOM_AGENT_GUESTS_MANAGED_VMIDS_LAST: "501",
      FELHOM_AGENT_PRIVILEGED_MODE: "off",
      FELHOM_AGENT_PRIVILEGED_SOCKET: "/run/felhom-privileged/helper.sock",
      FELHOM_AGENT_CONTROL_SOCKET: "/run/felhom-agent/c.sock",
      FELHOM_AGENT_STATE_DIRECTORY: "/var/lib/felhom-agent/a",
      FELHOM_AGENT_LOG_LEVEL: "debug",
      FELHOM_AGENT_LOG_FORMAT: "json",
    },
  }));
  assertEquals(config.proxmox.node, "pve2");
  assertEquals(config.proxmox.trust, { kind: "insecure" });
  assertEquals(config.proxmox.storages, ["local", "tank"]);
  assertEquals(config.guests.managedVmids, { first: 500, last: 501 });
  assertEquals(config.privileged.mode, "off");
  assertEquals(config.control.socket, "/run/felhom-agent/c.sock");
  assertEquals(config.state.directory, "/var/lib/felhom-agent/a");
  assertEquals(config.log, { level: "debug", format: "json" });
});

Deno.test("a variable wins over the file", async () => {
  const env = { FELHOM_AGENT_PROXMOX_NODE: "other" };
  assertEquals((await loadConfig(memorySources(goodConfig(), { env }))).proxmox.node, "other");
});

Deno.test("a variable for another kind of trust replaces the file's kind", async () => {
  const env = { FELHOM_AGENT_PROXMOX_TLS_INSECURE_SKIP_VERIFY: "true" };
  const { proxmox } = await loadConfig(memorySources(goodConfig(), { env }));
  assertEquals(proxmox.trust, { kind: "insecure" });
});

Deno.test("insecure_skip_verify=false takes no kind of trust away", async () => {
  const env = { FELHOM_AGENT_PROXMOX_TLS_INSECURE_SKIP_VERIFY: "false" };
  const { proxmox } = await loadConfig(memorySources(goodConfig(), { env }));
  assertEquals(proxmox.trust, { kind: "fingerprint", sha256: FINGERPRINT });
});

Deno.test("a variable for the other kind of token replaces the file's kind", async () => {
  const files = { "/etc/felhom-agent/token": OTHER_TOKEN };
  const byFile = { FELHOM_AGENT_PROXMOX_TOKEN_FILE: "/etc/felhom-agent/token" };
  const first = await loadConfig(memorySources(goodConfig(), { env: byFile, files }));
  assertEquals(first.proxmox.token.id, "other@pve!tok");

  const config = goodConfig({
    "proxmox.token": undefined,
    "proxmox.token_file": "/etc/felhom-agent/token",
  });
  const env = { FELHOM_AGENT_PROXMOX_TOKEN: TOKEN };
  const second = await loadConfig(memorySources(config, { env, files }));
  assertEquals(second.proxmox.token.id, "agent@pve!felhom");
});

/** Variables set beside a good file, and what the message must say. */
const REFUSED: readonly (readonly [env: Record<string, string>, message: string])[] = [
  [{ FELHOM_AGENT_PROXMOX_TOKN: TOKEN }, "Did you mean FELHOM_AGENT_PROXMOX_TOKEN?"],
  [{ FELHOM_AGENT_PROXMOX_NDOE: "pve" }, "Did you mean FELHOM_AGENT_PROXMOX_NODE?"],
  [{ FELHOM_AGENT_TOKEN: TOKEN }, "Did you mean FELHOM_AGENT_PROXMOX_TOKEN?"],
  [{ FELHOM_AGENT_PROXMOX_FINGERPRINT: "a" }, "Did you mean FELHOM_AGENT_PROXMOX_TLS_FINGERPRINT?"],
  [{ FELHOM_AGENT_LOGLEVEL: "debug" }, "Did you mean FELHOM_AGENT_LOG_LEVEL?"],
  [{ FELHOM_AGENT_LOG_LEVEL: "" }, "The variable is set but empty"],
  [{ FELHOM_AGENT_LOG_LEVEL: "loud" }, 'log.level (FELHOM_AGENT_LOG_LEVEL): found: "loud"'],
  [{ FELHOM_AGENT_GUESTS_MANAGED_VMIDS_LAST: "0x7ff" }, 'found: "0x7ff"; allowed: a whole number'],
  [
    {
      FELHOM_AGENT_PROXMOX_TLS_CA_FILE: "/etc/felhom-agent/a",
      FELHOM_AGENT_PROXMOX_TLS_FINGERPRINT: FINGERPRINT,
    },
    "More than one kind of trust is set (fingerprint, ca_file)",
  ],
  [
    {
      FELHOM_AGENT_PROXMOX_TOKEN_FILE: "/etc/felhom-agent/token",
      FELHOM_AGENT_PROXMOX_TOKEN: TOKEN,
    },
    "Both token and token_file are set",
  ],
];
for (const [env, message] of REFUSED) {
  Deno.test(`${Object.keys(env).join(" and ")} = ${Object.values(env)[0]?.slice(0, 8)} is refused`, async () => {
    const error = await assertRejects(
      () => loadConfig(memorySources(goodConfig(), { env })),
      ConfigError,
    );
    assertStringIncludes(`${error.message}\n${error.hint}`, message);
    assert(!`${error.message}${error.hint}`.includes(TOKEN.slice(-12)));
  });
}

Deno.test("every name one edit away from a variable is looked for", () => {
  const guesses = new Set(mistakes("log.level"));
  for (const guess of ["LOG_LEVE", "LOG_LEVELS", "LOG_LEBEL", "LOG_ELVEL", "LEVEL", "LOGLEVEL"]) {
    assert(guesses.has(`FELHOM_AGENT_${guess}`), guess);
  }
});
