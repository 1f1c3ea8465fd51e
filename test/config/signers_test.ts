import { assertEquals, assertRejects } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { fileContent, goodConfig, type MemoryFile, memorySources } from "./memory_sources.ts";

const PATH = "/etc/felhom-agent/signers/operational";
const load = (file?: MemoryFile, change = {}) =>
  loadConfig(
    memorySources(goodConfig(change), file === undefined ? {} : { files: { [PATH]: file } }),
  );

Deno.test("Without files nobody may sign, and that is a valid start", async () => {
  const { signers, operations } = await load();
  assertEquals(signers.operational, { path: PATH, text: "" });
  assertEquals(signers.recovery.text, "");
  assertEquals(operations, {
    thresholds: { data_loss: 1, service: 1, trust: 1 },
    unsignedLifetime: 30 * 60_000,
    longestLifetime: 24 * 60 * 60_000,
    longestLifetimeDataLoss: 2 * 60 * 60_000,
    signersFloor: { operational: 0, recovery: 0 },
    revokedKeys: new Set<string>(),
  });
});

Deno.test("Signers are read as they stand in their files", async () => {
  assertEquals((await load("anna …\r\n")).signers.operational.text, "anna …\r\n");
});

const WRONG: Readonly<Record<string, readonly [file: MemoryFile, code: string]>> = {
  "that everybody may write": [fileContent("anna", 0o646), "config.exposed"],
  "that may not be read": [{ kind: "denied" }, "config.unreadable"],
  "that is a directory": [{ kind: "directory" }, "config.unreadable"],
  "of more than 64 KiB": ["#".repeat(65_537), "config.unreadable"],
  "that is not UTF-8": [
    { kind: "bytes", bytes: Uint8Array.of(0xff), mode: 0o640 },
    "config.invalid",
  ],
};

for (const [what, [file, code]] of Object.entries(WRONG)) {
  Deno.test(`A signers file ${what} is refused: ${code}`, async () => {
    const { problems } = await assertRejects(() => load(file), ConfigError);
    assertEquals(problems.map((problem) => [problem.path, problem.code]), [[PATH, code]]);
  });
}

Deno.test("Thresholds and lifetimes have bounds", async () => {
  for (const key of ["thresholds.data_loss", "thresholds.service", "thresholds.trust"]) {
    for (const value of [0, 11, 1.5, "2"]) {
      await assertRejects(() => load(undefined, { [`operations.${key}`]: value }), ConfigError);
    }
  }
  for (const minutes of [4, 10_081]) {
    const change = { "operations.longest_lifetime_minutes": minutes };
    await assertRejects(() => load(undefined, change), ConfigError);
  }
  for (const minutes of [4, 1441]) {
    const change = { "operations.longest_lifetime_minutes_data_loss": minutes };
    await assertRejects(() => load(undefined, change), ConfigError);
  }
});

Deno.test("Floors of signers and revoked keys are read, and have a form", async () => {
  const key = `SHA256:${"a".repeat(43)}`;
  const { operations } = await load(undefined, {
    "operations.signers_floor": { operational: 4 },
    "operations.revoked_keys": [key],
  });
  assertEquals(operations.signersFloor, { operational: 4, recovery: 0 });
  assertEquals(operations.revokedKeys, new Set([key]));
  const wrong = [
    { "operations.signers_floor": { operational: -1 } },
    { "operations.signers_floor": { operational: 1.5 } },
    { "operations.revoked_keys": [key.slice(0, -1)] },
    { "operations.revoked_keys": ["MD5:00"] },
  ];
  for (const change of wrong) {
    await assertRejects(() => load(undefined, change), ConfigError);
  }
});

Deno.test("Root's wish to reseed is read as it stands, and not from a file that everybody may write", async () => {
  const path = "/etc/felhom-agent/signers/reseed";
  const wish = (file: MemoryFile) =>
    loadConfig(memorySources(goodConfig(), { files: { [path]: file } }));
  assertEquals((await load()).reseed, { path, text: "" });
  assertEquals((await wish("an id\n")).reseed, { path, text: "an id\n" });
  const { problems } = await assertRejects(() => wish(fileContent("an id", 0o646)), ConfigError);
  assertEquals(problems.map((problem) => [problem.path, problem.code]), [[path, "config.exposed"]]);
});
