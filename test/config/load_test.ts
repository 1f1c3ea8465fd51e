import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadConfig, loadSettings } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { FelhomError } from "../../src/errors.ts";
import {
  fileContent,
  FINGERPRINT,
  goodConfig,
  type MemoryFile,
  memorySources,
  TOKEN,
} from "./memory_sources.ts";

type Options = NonNullable<Parameters<typeof memorySources>[1]>;

const refused = (config: unknown, options: Options = {}) =>
  assertRejects(() => loadConfig(memorySources(config, options)), ConfigError);

Deno.test("a small configuration is completed with defaults", async () => {
  const config = await loadConfig(memorySources(goodConfig()));
  assertEquals(config.proxmox.endpoint, {
    host: "127.0.0.1",
    port: 8006,
    url: "https://127.0.0.1:8006",
    loopback: true,
  });
  assertEquals(config.proxmox.token.id, "agent@pve!felhom");
  assertEquals(config.proxmox.token.text.expose(), TOKEN);
  assertEquals(config.proxmox.trust, { kind: "fingerprint", sha256: FINGERPRINT });
  assertEquals(config.guests.managedVmids, { first: 1000, last: 1999 });
  assertEquals(config.privileged, {
    mode: "socket",
    socket: "/run/felhom-privileged/helper.sock",
  });
  assertEquals(config.control.socket, "/run/felhom-agent/control.sock");
  assertEquals(config.state.directory, "/var/lib/felhom-agent");
  assertEquals(config.log, { level: "info", format: "auto" });
});

Deno.test("every problem is reported at once, each with path, place, finding and rule", async () => {
  const error = await refused(`{
  "proxmox": {
    "endpoint": "http://pve:8006",
    "node": "my_node",
    "token_file": "/root/token",
    "tls": { "insecure_skip_verify": true, "fingerprint": "12:34" },
    "storages": ["local", "no good"]
  },
  "guests": { "managed_vmids": { "first": 99, "last": 50 } },
  "logs": { "level": "loud" }
}`);
  assertEquals(error.code, "config.invalid");
  assertEquals(
    error.problems.map(({ path, where }) => `${path} ${where}`),
    [
      "proxmox.endpoint line 3",
      "proxmox.node line 4",
      "proxmox.token_file line 5",
      "proxmox.tls.fingerprint line 6",
      "proxmox.storages.1 line 7",
      "guests.managed_vmids.first line 9",
      "guests.managed_vmids.last line 9",
      "logs line 10",
      "guests.managed_vmids undefined",
      "proxmox.tls undefined",
    ],
  );
  for (const problem of error.problems) {
    assert(problem.allowed !== undefined || problem.hint !== undefined, problem.path);
    assertStringIncludes(error.message, problem.path);
  }
  assertStringIncludes(error.message, 'found: "http://pve:8006", but only https is spoken');
  assertStringIncludes(error.message, "Did you mean log?");
});

/** One change to a good configuration, and what the message must say. */
const SINGLE: readonly (readonly [path: string, value: unknown, message: string])[] = [
  ["proxmox.endpoint", "127.0.0.1:8006", "it is not a URL"],
  ["proxmox.endpoint", "http://127.0.0.1:8006", "only https is spoken"],
  ["proxmox.endpoint", "https://127.0.0.1:8006/api2", "it has a path"],
  ["proxmox.endpoint", "https://127.0.0.1:8006/?a", "it has a path, a query"],
  ["proxmox.endpoint", "https://root:pw@127.0.0.1", "the token does not belong into the URL"],
  ["proxmox.endpoint", "https://a*b:8006", "the host is neither a name nor an address"],
  ["proxmox.endpoint", "https://pve:0", "port 0"],
  ["proxmox.endpoint", 8006, "found: 8006; allowed: https://HOST"],
  ["proxmox.endpoint", undefined, "proxmox.endpoint: Not set"],
  ["proxmox.node", "localhost", "Proxmox knows this host by its own name"],
  ["proxmox.node", "pve.example", 'found: "pve.example"; allowed: the node\'s name'],
  ["proxmox.node", "-pve", "allowed: the node's name"],
  ["proxmox.node", "", "found: an empty text"],
  ["proxmox.node", "pve\u202e\u001b[31m", '"pve\\u202e\\x1b[31m"'],
  ["proxmox.node", "x".repeat(3000), "(3000 characters)"],
  [
    "proxmox.token",
    "agent@pve!felhom",
    'proxmox.token (line 1): found: [redacted], but it has no "="',
  ],
  ["proxmox.token", `PVEAPIToken=${TOKEN}`, 'it starts with "PVEAPIToken"'],
  ["proxmox.token", "agent!felhom=12345678", "its id is no user@realm!name"],
  ["proxmox.token", "agent@pve!felhom=a;b", "its secret is not the UUID"],
  ["proxmox.tls.fingerprint", "AB:CD", "it has 4 hex digits"],
  ["proxmox.tls.fingerprint", "ab".repeat(20), "it is a SHA-1 fingerprint"],
  ["proxmox.tls.fingerprint", "x".repeat(64), "it has other characters than hex digits"],
  ["proxmox.tls.fingerprint", undefined, "Nothing says how to trust the server"],
  [
    "proxmox.tls.ca_file",
    "/etc/felhom-agent/ca.pem",
    "More than one kind of trust is set (fingerprint, ca_file)",
  ],
  ["proxmox.tls.insecure_skip_verify", "yes", 'found: "yes"; allowed: true or false'],
  ["proxmox.token_file", "/etc/felhom-agent/token", "Both token and token_file are set"],
  ["guests.managed_vmids.first", 99, "found: 99; allowed: a whole number from 100"],
  ["guests.managed_vmids.first", 1000.5, "found: 1000.5"],
  [
    "guests.managed_vmids.first",
    2000,
    "found: first 2000, last 1999; allowed: first not above last",
  ],
  ["guests.managed_vmids.last", 1e9, "allowed: a whole number from 100 to 999999999"],
  ["guests.managed_vmids", [1, 2], "found: a list; allowed: an object"],
  [
    "guests.drill_vmids",
    { first: 1999, last: 1990 },
    "found: first 1999, last 1990; allowed: first not above last",
  ],
  [
    "guests.drill_vmids",
    { first: 1990, last: 2000 },
    "found: first 1990, last 2000; allowed: a part of guests.managed_vmids, 1000 to 1999",
  ],
  [
    "guests.drill_vmids",
    { first: 999, last: 1001 },
    "allowed: a part of guests.managed_vmids, 1000 to 1999",
  ],
  ["guests.drill_vmids", [1], "found: a list; allowed: an object"],
  ["guests.golden_images", "x", 'found: "x"; allowed: VOLID@BYTES'],
  [
    "guests.golden_images",
    ["local:backup/vzdump-lxc-900-2026_11_01-10_00_00.tar.zst"],
    "@ and a number of bytes",
  ],
  ["guests.golden_images", [900], "found: 900; allowed: VOLID@BYTES"],
  [
    "guests.golden_images",
    Array(2).fill("pbs:backup/ct/900/2026-11-01T10:00:00Z@7"),
    "an image is pinned twice",
  ],
  ["reconcile.interval_seconds", 4, "allowed: a whole number from 5 to 60"],
  ["reconcile.interval_seconds", 61, "found: 61"],
  ["privileged.mode", "root", 'allowed: "socket", "direct" or "off"'],
  ["privileged.socket", "/run/other.sock", "the program may connect to no other"],
  ["control.socket", "/tmp/control.sock", "the program has no right to any other place"],
  ["control.socket", "/run/felhom-agent", "the program has no right to any other place"],
  [
    "control.socket",
    "/run/felhom-agent/../../tmp/x",
    "the program has no right to any other place",
  ],
  ["control.socket", "control.sock", "it is not an absolute path"],
  ["control.socket", `/run/felhom-agent/${"s".repeat(100)}`, "at most 107 bytes"],
  ["state.directory", "/var/lib/felhom-agent-2", "the program has no right to any other place"],
  ["log.level", "INFO", 'found: "INFO"'],
  ["log", null, "found: null; allowed: an object"],
  ["proxmox.tls.fingerprnt", "x", "Did you mean proxmox.tls.fingerprint?"],
  ["proxmox.fingerprint", "x", "Did you mean proxmox.tls.fingerprint?"],
  ["proxmox.tokenFile", "x", "Did you mean proxmox.token_file?"],
  ["level", "debug", "Did you mean log.level?"],
  ["proxmox.__proto__x", 1, "No key has this name"],
  ["quux", 1, "quux (line 1): No key has this name"],
];

for (const [path, value, message] of SINGLE) {
  const shown = JSON.stringify(value)?.slice(0, 60);
  Deno.test(`${path} = ${shown} is refused`, async () => {
    const error = await refused(goodConfig({ [path]: value }));
    assertStringIncludes(`${error.message}\n${error.hint}`, message);
    assertEquals(error.problems.length, 1, error.message);
  });
}

const HOSTS: readonly (readonly [text: string, host: string, port: number, loopback: boolean])[] = [
  ["https://127.0.0.1", "127.0.0.1", 8006, true],
  ["https://localhost:8443/", "localhost", 8443, true],
  ["https://[::1]:8006", "::1", 8006, true],
  ["https://PVE.Example.ORG:443", "pve.example.org", 443, false],
  ["https://0x7f.1:8006", "127.0.0.1", 8006, true],
  ["https://10.0.0.2", "10.0.0.2", 8006, false],
  ["https://127.evil.example", "127.evil.example", 8006, false],
];
for (const [text, host, port, loopback] of HOSTS) {
  Deno.test(`the endpoint ${text} is ${host} port ${port}`, async () => {
    const { proxmox } = await loadConfig(memorySources(goodConfig({ "proxmox.endpoint": text })));
    const { url: _, ...rest } = proxmox.endpoint;
    assertEquals(rest, { host, port, loopback });
  });
}

Deno.test("insecure_skip_verify is refused towards anything but loopback", async () => {
  const insecure = { "proxmox.tls": { insecure_skip_verify: true } };
  assertEquals((await loadConfig(memorySources(goodConfig(insecure)))).proxmox.trust, {
    kind: "insecure",
  });
  for (const host of ["10.0.0.2", "127.evil.example", "localhost.example"]) {
    const error = await refused(
      goodConfig({ ...insecure, "proxmox.endpoint": `https://${host}:8006` }),
    );
    assertStringIncludes(error.message, "true only towards 127.0.0.1");
  }
});

Deno.test("a fingerprint is taken with or without colons, in either case", async () => {
  for (const text of ["ab".repeat(32), FINGERPRINT.toLowerCase(), `SHA256:${FINGERPRINT}`]) {
    const config = await loadConfig(
      memorySources(goodConfig({ "proxmox.tls.fingerprint": text })),
    );
    assertEquals(config.proxmox.trust, { kind: "fingerprint", sha256: FINGERPRINT });
  }
});

/** What the file itself can be, beside JSON of the right shape. */
const FILES: readonly (readonly [name: string, file: MemoryFile, code: string, message: string])[] =
  [
    ["empty", "", "config.invalid", "The file is empty"],
    ["blank", "\n \n", "config.invalid", "The file is empty"],
    ["a list", "[]", "config.invalid", "The file holds no JSON object"],
    ["a directory", { kind: "directory" }, "config.unreadable", "It is a directory"],
    ["a pipe", { kind: "special" }, "config.unreadable", "It is no regular file"],
    ["forbidden", { kind: "denied" }, "config.unreadable", "This user may not read the file"],
    ["huge", " ".repeat(300_000), "config.unreadable", "The file has more than 262144 bytes"],
    [
      "not UTF-8",
      { kind: "bytes", bytes: new Uint8Array([0x7b, 0xff, 0x7d]), mode: 0o640 },
      "config.invalid",
      "The file is not UTF-8",
    ],
    [
      "UTF-16",
      { kind: "bytes", bytes: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), mode: 0o640 },
      "config.invalid",
      "The file is not UTF-8",
    ],
    [
      "a failing disk",
      { kind: "failed", reason: "Input/output error (os error 5)" },
      "config.unreadable",
      "Input/output error",
    ],
    [
      "writable by all",
      fileContent(
        JSON.stringify(
          goodConfig({
            "proxmox.token": undefined,
            "proxmox.token_file": "/etc/felhom-agent/token",
          }),
        ),
        0o646,
      ),
      "config.exposed",
      "chmod 0640 /etc/felhom-agent/agent.json",
    ],
    [
      "readable by all with a token",
      fileContent(JSON.stringify(goodConfig()), 0o644),
      "config.exposed",
      "read or write this file, and it holds the token (mode 0644)",
    ],
  ];
for (const [name, file, code, message] of FILES) {
  Deno.test(`a configuration file that is ${name} is refused as ${code}`, async () => {
    const path = "/etc/felhom-agent/agent.json";
    const error = await refused(undefined, {
      files: { [path]: file, "/etc/felhom-agent/token": TOKEN },
    });
    assertEquals(error.code, code);
    assertStringIncludes(`${error.message} ${error.hint}`, message);
  });
}

Deno.test("a configuration without a token in it may be readable by all", async () => {
  const config = goodConfig({
    "proxmox.token": undefined,
    "proxmox.token_file": "/etc/felhom-agent/token",
  });
  const files = {
    "/etc/felhom-agent/agent.json": fileContent(JSON.stringify(config), 0o644),
    "/etc/felhom-agent/token": TOKEN + "\n",
  };
  const { proxmox } = await loadConfig(memorySources(undefined, { files }));
  assertEquals(proxmox.token.text.expose(), TOKEN);
});

Deno.test("a byte order mark is no mistake", async () => {
  await loadConfig(memorySources("\ufeff" + JSON.stringify(goodConfig())));
});

Deno.test("without any configuration the message names what is missing and where to start", async () => {
  const error = await refused(undefined);
  assertEquals(error.code, "config.missing");
  assertEquals(error.problems.map((problem) => problem.path), [
    "proxmox.endpoint",
    "proxmox.node",
    "guests.managed_vmids.first",
    "guests.managed_vmids.last",
    "proxmox.tls",
    "proxmox.token_file",
  ]);
  assertStringIncludes(error.hint ?? "", "agent.json does not exist");
});

Deno.test("a file named by --config must exist", async () => {
  const error = await refused(undefined, { path: "/etc/felhom-agent/other.json" });
  assertEquals(error.code, "config.missing");
  assertStringIncludes(error.message, "/etc/felhom-agent/other.json");
});

for (
  const path of [
    "/tmp/agent.json",
    "agent.json",
    "/etc/felhom-agent/../passwd",
    "/etc/felhom-agent",
    "/etc/felhom-agent-2/agent.json",
  ]
) {
  Deno.test(`--config ${path} is refused with the reason`, async () => {
    const error = await assertRejects(
      () => loadConfig(memorySources(goodConfig(), { path })),
      FelhomError,
      "must lie below /etc/felhom-agent",
    );
    assertEquals(error.code, "usage.invalid");
    assertStringIncludes(error.hint ?? "", "baked into it");
  });
}

Deno.test("--config is resolved before it is read", async () => {
  const good = JSON.stringify(goodConfig());
  const sources = memorySources(undefined, {
    path: "/etc/felhom-agent/./sub/../b.json",
    files: { "/etc/felhom-agent/b.json": good },
  });
  assertEquals((await loadConfig(sources)).path, "/etc/felhom-agent/b.json");
});

Deno.test("settings can be read without the token", async () => {
  const config = goodConfig({
    "proxmox.token": undefined,
    "proxmox.token_file": "/etc/felhom-agent/token",
    "control.socket": "/run/felhom-agent/other.sock",
  });
  const { settings } = await loadSettings(memorySources(config));
  assertEquals(settings.control.socket, "/run/felhom-agent/other.sock");
});

Deno.test("a file that is not JSON is refused with line and column, and is not quoted", async () => {
  const text = `{\n  "proxmox": {\n    "token": "${TOKEN}" "node": "pve"\n  }\n}\n`;
  const error = await refused(text);
  assertEquals([error.code, error.problems.length], ["config.invalid", 1]);
  assertEquals(error.problems[0]?.where, `line 3, column ${`    "token": "${TOKEN}" "`.length}`);
  assertStringIncludes(error.message, 'The file is not JSON: "," or "}" is expected');
  assert(!Deno.inspect(error, { depth: 9 }).includes(TOKEN.slice(-12)));
});
