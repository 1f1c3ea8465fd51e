import { assertEquals, assertRejects } from "@std/assert";
import { AgentRig } from "./agent_rig.ts";

async function temporary(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(Deno.env.get("TMPDIR") ?? "/tmp")) {
    if (/^felhom-(?:build|sandbox)-/.test(name)) names.push(name);
  }
  return names;
}

Deno.test("A rig that cannot be made leaves no folder behind", async () => {
  const mine = await Deno.makeTempDir();
  const before = Deno.env.get("TMPDIR");
  // A place of its own, because other tests make rigs meanwhile.
  Deno.env.set("TMPDIR", mine);
  try {
    await assertRejects(
      () => AgentRig.create({ daemon: "test/nonexistent.ts" }),
      Error,
      "Cannot bundle",
    );
    assertEquals(await temporary(), []);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(mine, { recursive: true });
  }
});
