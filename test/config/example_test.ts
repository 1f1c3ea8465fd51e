import { assert, assertEquals } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { valueAt } from "../../src/config/json.ts";
import { parseJson } from "../../src/config/json.ts";
import { SETTINGS } from "../../src/config/schema.ts";
import { memorySources, TOKEN } from "./memory_sources.ts";
import { PLACES } from "../../src/config/places.ts";

const root = new URL("../../", import.meta.url);
const text = Deno.readTextFileSync(new URL("configs/agent.example.json", root));

Deno.test("the example configuration loads", async () => {
  const sources = memorySources(text, { files: { "/etc/felhom-agent/token": TOKEN } });
  const config = await loadConfig(sources);
  assertEquals(config.proxmox.node, "pve");
});

Deno.test("the example configuration has every key of the schema", () => {
  const { value } = parseJson(text);
  for (const key of SETTINGS.keys()) assert(valueAt(value, key) !== undefined, key);
});

Deno.test("the places of the configuration are those of the permission set", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  for (const place of Object.values(PLACES)) {
    assert(permissions.agent.read.includes(place), place);
  }
});
