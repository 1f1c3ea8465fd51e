import { assertEquals } from "@std/assert";
import { type NewPending, PENDING_LIMITS } from "../../src/state/mod.ts";
import { withState } from "./state_folder.ts";

function wish(given: Partial<NewPending> = {}): NewPending {
  return {
    ...{ source: "hub", key: "destroy 101", kind: "guest.destroy", vmid: 101 },
    ...{ document: "{}\n", reason: "Destroys a guest", at: 1000, expiresAt: 100_000_000 },
    ...given,
  };
}

Deno.test("The same wish is kept once, with the document it came with, and counted", async () => {
  await withState(({ pending }) => {
    const said = [
      pending.add(wish()),
      pending.add(wish({ document: "another nonce", at: 2000 })),
      pending.add(wish({ at: 1000 + PENDING_LIMITS.quietMs })),
      pending.add(wish({ source: "control socket" })),
    ];
    assertEquals(said, ["added", "known", "known", "added"]);
    const [first, second, ...none] = pending.list(5000);
    assertEquals(
      [first?.document, first?.firstAt, first?.lastAt, first?.times],
      ["{}\n", 1000, 1000 + PENDING_LIMITS.quietMs, 3],
    );
    assertEquals([second?.source, none], ["control socket", []]);
  });
});

Deno.test("A flood of one wish is not written again and again", async () => {
  await withState(({ pending }, folder) => {
    pending.add(wish());
    const written = () => Deno.statSync(`${folder}/state.db-wal`).size;
    const before = written();
    for (let count = 0; count < 1000; count++) pending.add(wish({ at: 1001 + count }));
    assertEquals(written(), before);
    assertEquals(pending.list(5000)[0]?.times, 1001);
  });
});

Deno.test("A source has so many places, and pushes nobody out of theirs", async () => {
  await withState(({ pending }, folder) => {
    const said = Array.from(
      { length: PENDING_LIMITS.perSource + 10 },
      (_, index) => pending.add(wish({ key: `k${index}` })),
    );
    assertEquals(said.filter((answer) => answer === "added").length, PENDING_LIMITS.perSource);
    assertEquals(pending.dropped, 10);
    assertEquals(pending.add(wish({ source: "control socket" })), "added");
    assertEquals(pending.list(1000)[0]?.id, 1);
    const before = Deno.statSync(`${folder}/state.db-wal`).size;
    for (let count = 0; count < 100; count++) pending.add(wish({ key: `more${count}` }));
    assertEquals(Deno.statSync(`${folder}/state.db-wal`).size, before);
  });
});

Deno.test("All sources together have so many places", async () => {
  await withState(({ pending }) => {
    let added = 0;
    for (let source = 0; source < 12; source++) {
      for (let key = 0; key < PENDING_LIMITS.perSource; key++) {
        if (pending.add(wish({ source: `s${source}`, key: `k${key}` })) === "added") added++;
      }
    }
    assertEquals(added, PENDING_LIMITS.inAll);
  });
});

Deno.test("A wish that expired is gone, makes room, and its number is not given again", async () => {
  await withState(({ pending }) => {
    pending.add(wish({ expiresAt: 5000 }));
    pending.add(wish({ at: 1001, expiresAt: 5000 }));
    assertEquals([pending.list(4999).length, pending.list(5000).length], [1, 0]);
    assertEquals(pending.add(wish({ at: 5000 })), "added");
    const [again] = pending.list(5000);
    assertEquals([again?.id, again?.times], [2, 1]);
    pending.remove(2);
    assertEquals(pending.list(5000), []);
    assertEquals(pending.prune(9), 0);
  });
});

Deno.test("No wish waits longer than a week, whatever it says", async () => {
  await withState(({ pending }) => {
    pending.add(wish({ expiresAt: Number.MAX_SAFE_INTEGER }));
    assertEquals(pending.list(1000)[0]?.expiresAt, 1000 + PENDING_LIMITS.lifeMs);
  });
});

Deno.test("A wish that came while the clock was years ahead makes room for the same of now", async () => {
  await withState(({ pending }) => {
    const years = 10 * 365 * 24 * 3_600_000;
    const early = Array.from(
      { length: PENDING_LIMITS.perSource },
      (_, index) => wish({ key: `k${index}`, at: years, expiresAt: years + 1000 }),
    );
    for (const each of early) pending.add(each);
    assertEquals(pending.list(years).length, PENDING_LIMITS.perSource);
    assertEquals(pending.list(2000), []);
    assertEquals(pending.add(wish({ key: "k0", document: "now", at: 2000 })), "added");
    assertEquals(pending.add(wish({ key: "k0", document: "later", at: 3000 })), "known");
    const [kept, ...none] = pending.list(3000);
    assertEquals([kept?.document, kept?.times, none], ["now", 2, []]);
    assertEquals(pending.add(wish({ at: 3000 })), "added");
  });
});
