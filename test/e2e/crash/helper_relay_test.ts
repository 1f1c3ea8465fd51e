import { assertEquals } from "@std/assert";
import { relayHelper } from "./helper_relay.ts";

const ANSWER = `${JSON.stringify({ ok: true })}\n`;

Deno.test("A relay writes down what changes the host, and sees it through when the agent is gone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "felhom-relay-" });
  const [agent, helper] = [`${folder}/agent.sock`, `${folder}/helper.sock`];
  const line = (operation?: string) =>
    new TextEncoder().encode(JSON.stringify({ op: "disk.mount", operation }) + "\n");
  try {
    using listener = Deno.listen({ transport: "unix", path: helper });
    const arrived = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    const serving = (async () => {
      for (let served = 1; served <= 2; served++) {
        using connection = await listener.accept();
        await connection.read(new Uint8Array(1024));
        if (served === 2) {
          arrived.resolve();
          await free.promise;
        }
        await connection.write(new TextEncoder().encode(ANSWER));
      }
    })();
    const relay = relayHelper(agent, helper);
    {
      using asked = await Deno.connect({ transport: "unix", path: agent });
      await asked.write(line());
      const buffer = new Uint8Array(64);
      const count = await asked.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), ANSWER);
    }
    const dying = await Deno.connect({ transport: "unix", path: agent });
    await dying.write(line("op-7"));
    await arrived.promise;
    dying.close();
    free.resolve();
    await serving;
    await relay[Symbol.asyncDispose]();
    assertEquals(relay.runs, [{ op: "disk.mount", operation: "op-7", ok: true }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
