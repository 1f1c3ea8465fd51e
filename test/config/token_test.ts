import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import {
  fileContent,
  goodConfig,
  type MemoryFile,
  memorySources,
  TOKEN,
} from "./memory_sources.ts";

const CREDENTIAL = "/run/credentials/felhom-agent.service/proxmox-token";
const FILE = "/etc/felhom-agent/token";
const without = goodConfig({ "proxmox.token": undefined });
const withFile = goodConfig({ "proxmox.token": undefined, "proxmox.token_file": FILE });

Deno.test("the token comes from systemd's credentials when the configuration names none", async () => {
  const files = { [CREDENTIAL]: fileContent(TOKEN + "\n", 0o400) };
  for (
    const directory of [undefined, "/run/credentials/felhom-agent.service", "/run/user/0/other"]
  ) {
    const env = directory === undefined ? {} : { CREDENTIALS_DIRECTORY: directory };
    const { proxmox } = await loadConfig(memorySources(without, { files, env }));
    assertEquals(proxmox.token.text.expose(), TOKEN);
  }
});

Deno.test("a token file wins over systemd's credentials", async () => {
  const files = { [CREDENTIAL]: "x@pve!y=99999999", [FILE]: TOKEN };
  const { proxmox } = await loadConfig(memorySources(withFile, { files }));
  assertEquals(proxmox.token.id, "agent@pve!felhom");
});

Deno.test("white space after the token is trimmed", async () => {
  for (const end of ["", "\n", "\r\n", " \n\n"]) {
    const { proxmox } = await loadConfig(
      memorySources(withFile, { files: { [FILE]: TOKEN + end } }),
    );
    assertEquals(proxmox.token.text.expose(), TOKEN);
  }
});

/** What a token file can be, and what the error says of it. */
const FILES: readonly (readonly [name: string, file: MemoryFile, code: string, message: string])[] =
  [
    ["missing", { kind: "missing" }, "config.unreadable", "The file does not exist"],
    ["forbidden", { kind: "denied" }, "config.unreadable", "This user may not read the file"],
    ["a directory", { kind: "directory" }, "config.unreadable", "It is a directory"],
    ["empty", "", "config.invalid", "it is empty"],
    ["blank", " \n", "config.invalid", "it is empty"],
    ["two lines", `${TOKEN}\n${TOKEN}`, "config.invalid", "it has more than one line"],
    ["a UUID alone", TOKEN.split("=")[1] ?? "", "config.invalid", 'it has no "="'],
    ["a JSON of pveum", `{"value":"${TOKEN}"}`, "config.invalid", "its id is no user@realm!name"],
    ["large", "x".repeat(5000), "config.unreadable", "more than 4096 bytes"],
    [
      "binary",
      { kind: "bytes", bytes: new Uint8Array([0xff, 0xfe]), mode: 0o600 },
      "config.invalid",
      "it is not text",
    ],
    ["readable by all", fileContent(TOKEN, 0o644), "config.exposed", `chmod 0640 ${FILE}`],
    ["writable by all", fileContent(TOKEN, 0o602), "config.exposed", "(mode 0602)"],
  ];
for (const [name, file, code, message] of FILES) {
  Deno.test(`a token file that is ${name} is refused as ${code}`, async () => {
    const error = await assertRejects(
      () => loadConfig(memorySources(withFile, { files: { [FILE]: file } })),
      ConfigError,
    );
    assertEquals(error.code, code);
    const text = `${error.message}\n${error.hint}\n${Deno.inspect(error)}`;
    assertStringIncludes(text, message);
    assert(!text.includes(TOKEN.slice(-12)), text);
  });
}

Deno.test("without any token the error names the places that were looked at", async () => {
  const error = await assertRejects(() => loadConfig(memorySources(without)), ConfigError);
  assertEquals(error.code, "config.missing");
  assertStringIncludes(error.message, CREDENTIAL);
  assertStringIncludes(error.hint ?? "", "pveum");
});
