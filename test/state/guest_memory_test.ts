import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { migrate, MIGRATIONS } from "../../src/state/migrate.ts";
import { inFolder, openIn } from "./state_folder.ts";

Deno.test("The most memory of a guest is kept, whatever it has now, until the guest is gone", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      const { guestMemory } = opened.state;
      assertEquals(guestMemory.most(201), null);
      assertEquals(guestMemory.saw(201, 4_096, 1), 4_096);
      assertEquals(guestMemory.saw(201, 512, 2), 4_096);
      assertEquals(guestMemory.saw(201, 8_192, 3), 8_192);
      assertEquals(guestMemory.saw(202, 64, 3), 64);
    }
    using opened = openIn(folder);
    const { guestMemory, guests } = opened.state;
    assertEquals([guestMemory.most(201), guestMemory.most(202)], [8_192, 64]);
    guestMemory.forget(202);
    guests.gone(201, 4);
    assertEquals([guestMemory.most(201), guestMemory.most(202)], [null, null]);
  });
});

Deno.test("An older state knows the most memory from the changes in its journal", async () => {
  await inFolder((folder) => {
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      const before = MIGRATIONS.findIndex((step) => step.includes("CREATE TABLE guest_memory"));
      migrate(database, 0, { migrations: MIGRATIONS.slice(0, before) });
      database.exec(`
        INSERT INTO instance (only, id, created_at) VALUES (1, 'old', 7);
        INSERT INTO guest_made (vmid, transaction_id, operation, volumes, macs, made_at)
          VALUES (202, 't', 'o', '[]', '[]', 500)`);
      const change = (seq: number, vmid: number, at: number, detail: string) => {
        database.prepare(
          `INSERT INTO operation (seq, id, step, vmid, kind, action, origin, evidence, created_at,
             state, changed_at, transitions)
           VALUES (?, ?, 0, ?, 'guest.settings', '{}', 'job', '{}', ?, 'succeeded', ?, 1)`,
        ).run(seq, `op${seq}`, vmid, at, at);
        database.prepare(
          "INSERT INTO transition (operation, number, state, at, detail) VALUES (?, 0, 'started', ?, ?)",
        ).run(seq, at, detail);
      };
      const had = (memory: unknown) => JSON.stringify({ before: { live: { memory } } });
      change(1, 201, 100, had(8_192));
      change(2, 201, 200, had(4_096));
      change(3, 201, 300, "no JSON");
      change(4, 201, 300, had("a text"));
      // Another guest had its VMID then.
      change(5, 202, 100, had(8_192));
      change(6, 202, 600, had(1_024));
      change(7, 203, 100, JSON.stringify({ before: { live: { cores: 2 } } }));
    }
    using opened = openIn(folder);
    const { guestMemory } = opened.state;
    assertEquals([201, 202, 203].map((vmid) => guestMemory.most(vmid)), [8_192, 1_024, null]);
  });
});
