import { assert, assertEquals } from "@std/assert";
import { ownerOfBackup } from "../../src/action/mod.ts";
import { parseGoldenImage } from "../../src/config/golden_image.ts";
import { loadConfig } from "../../src/config/load.ts";
import { goodConfig, memorySources } from "./memory_sources.ts";

const FILE = "local:backup/vzdump-lxc-900-2026_11_01-10_00_00.tar.zst";
const GROUP = "pbs:backup/ct/900/2026-11-01T10:00:00Z";

for (const volume of [FILE, GROUP, FILE.replace(".zst", ""), "a-b.c_d:" + FILE.split(":")[1]]) {
  Deno.test(`A golden image is pinned by its volume id and its size: ${volume}`, () => {
    assertEquals(parseGoldenImage(`${volume}@412876543`), { volume, bytes: 412_876_543 });
    assertEquals(ownerOfBackup(volume), 900, "it is what a guest can be made from");
  });
}

const wrong = [
  "",
  FILE,
  `${FILE}@`,
  `${FILE}@0`,
  `${FILE}@-1`,
  `${FILE}@1.5`,
  `${FILE}@1e9`,
  `${FILE}@012`,
  `${FILE}@1G`,
  `${FILE}@9999999999999999`,
  `${FILE}@1@2`,
  ` ${FILE}@1`,
  `${FILE}@1\n`,
  "/var/lib/vz/dump/vzdump-lxc-900-2026_11_01-10_00_00.tar.zst@1",
  "local:backup/../vzdump-lxc-900-2026_11_01-10_00_00.tar.zst@1",
  "local:backup/vzdump-qemu-900-2026_11_01-10_00_00.vma.zst@1",
  "local:vztmpl/debian-12.tar.zst@1",
];
for (const text of wrong) {
  Deno.test(`${JSON.stringify(text)} pins no golden image`, () => {
    assert("reason" in parseGoldenImage(text));
  });
}

Deno.test("Golden images are pinned by the file, and by the environment in its place", async () => {
  const file = goodConfig({ "guests.golden_images": [`${FILE}@7`] });
  assertEquals((await loadConfig(memorySources(file))).guests.goldenImages, [
    { volume: FILE, bytes: 7 },
  ]);
  const env = { FELHOM_AGENT_GUESTS_GOLDEN_IMAGES: `${FILE}@8, ${GROUP}@9` };
  assertEquals((await loadConfig(memorySources(file, { env }))).guests.goldenImages, [
    { volume: FILE, bytes: 8 },
    { volume: GROUP, bytes: 9 },
  ]);
  assertEquals((await loadConfig(memorySources(goodConfig()))).guests.goldenImages, []);
});
