import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { KEPT_REVISIONS } from "../../src/state/desired_revisions.ts";
import { TOLERANCE_MS } from "../../src/authz/mod.ts";
import { RETENTION, type State } from "../../src/state/mod.ts";
import { operation, signed } from "./operation.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

/** A time long enough after the first milliseconds for everything to be old. */
const LATER = Math.max(RETENTION.operationsMs, RETENTION.lastingMs) + 100_000;

Deno.test("What is kept for how long is what DESIGN says, number by number", () => {
  const day = 86_400_000;
  assertEquals(RETENTION, {
    operationsMs: 400 * day,
    operations: 100_000,
    lastingMs: 730 * day,
    provenanceMs: 400 * day,
    auditMs: 400 * day,
    auditLinks: { benign: 100_000, refused: 25_000, submission: 25_000 },
    nonceBehindMarkMs: 600_000,
    batch: 500,
  });
});

function end(state: State, id: string, at: number): void {
  state.operations.advance(id, "started", { at });
  state.operations.advance(id, "succeeded", { at });
}

Deno.test("What ended long ago goes, what is young or has not ended stays", async () => {
  await withState((state) => {
    const { operations } = state;
    for (const id of ["old", "open", "young", "undone", "undoes", "step"]) {
      operations.authorise(operation(id, {
        signed: signed(`n-${id}`),
        ...(id === "undoes" ? { compensates: "undone" } : {}),
        ...(id === "step" ? { transaction: "t" } : {}),
      }));
      if (id !== "open") end(state, id, id === "young" || id === "undoes" ? LATER : 1000);
    }
    state.timeMark.raise(LATER + 1);
    assertEquals(state.prune(LATER + 1).operations, 1);
    const left = operations.list().map((row) => "id" in row ? row.id : "");
    // Undone is named by what undoes it, step belongs to a transaction that has not ended.
    assertEquals(left, ["step", "undoes", "undone", "young", "open"]);
    assertEquals(operations.transitions("old"), []);
    assertEquals(operations.document("old"), undefined);
    state.transactions.close("t", "committed", 2000);
    const { operations: steps, transactions } = state.prune(LATER + 1);
    assertEquals([steps, transactions, state.transactions.get("t")], [1, 1, undefined]);
  });
});

Deno.test("What was done while the clock was years behind stays with what came before it", async () => {
  await withState((state) => {
    const { operations } = state;
    for (const [id, begun, ended] of [["right", LATER, 1000], ["behind", 1000, 1001]] as const) {
      operations.authorise(operation(id, { at: begun }));
      end(state, id, ended);
    }
    state.timeMark.raise(LATER + 1);
    assertEquals(state.prune(LATER + 1).operations, 0);
    state.timeMark.raise(2 * LATER);
    assertEquals(state.prune(2 * LATER).operations, 2);
  });
});

Deno.test("What was done after the time that a clock was set back to counts as what has been", async () => {
  await withState((state) => {
    const { operations } = state;
    for (
      const [id, begun, ended] of [["right", LATER + 5, 1000], ["behind", 1000, 1001]] as const
    ) {
      operations.authorise(operation(id, { at: begun }));
      end(state, id, ended);
    }
    state.timeMark.raise(LATER + 10);
    // The clock is behind the mark: what was done before the mark was done.
    assertEquals(state.prune(LATER + 1).operations, 0);
  });
});

Deno.test("What came while the clock was years ahead keeps nothing that came after it", async () => {
  await withState((state) => {
    const { operations } = state;
    for (const [id, at] of [["before", 1000], ["ahead", 10 * LATER], ["after", 1001]] as const) {
      operations.authorise(operation(id, { at }));
      end(state, id, at);
    }
    state.timeMark.raise(LATER + 1);
    assertEquals(state.prune(LATER + 1).operations, 2);
    assertEquals(operations.list().map((row) => "id" in row ? row.id : ""), ["ahead"]);
  });
});

Deno.test("A nonce goes only when its document is well behind the time mark, whatever the clock says", async () => {
  await withState((state) => {
    state.operations.authorise(operation("a", { signed: signed("n", { expiresAt: 5000 }) }));
    const behind = RETENTION.nonceBehindMarkMs;
    const prunedAt = (mark: number, now: number) => {
      state.timeMark.raise(mark);
      return state.prune(now).nonces;
    };
    assertEquals(state.prune(10 ** 13).nonces, 0, "without a mark nothing is certain");
    assertEquals(prunedAt(5000, 10 ** 13), 0, "a clock that jumped ahead");
    assertEquals(prunedAt(5000 + behind, 10 ** 13), 0, "exactly as far");
    assertEquals(prunedAt(5001 + behind, 10), 0, "a clock that jumped back");
    assertEquals(prunedAt(5001 + behind, 10 ** 13), 1);
    assertEquals(state.nonces.usedBy("n"), undefined);
    // The operation that used it still says so.
    assertEquals(state.operations.document("a")?.nonce, "n");
  });
});

Deno.test("Provenance stays as long as the guest does", async () => {
  await withState((state) => {
    for (const vmid of [901, 902]) {
      state.guests.record({
        ...{ vmid, transaction: "t", operation: "o", creation: null },
        ...{ volumes: ["v"], macs: [], at: 1 },
      });
      state.snapshots.record({
        ...{ vmid, name: "s", takenAt: 1, digest: null, stoppedThroughout: true },
        ...{ transaction: "t", operation: "o", at: 1 },
      });
    }
    state.guests.gone(901, 2);
    state.timeMark.raise(LATER);
    const { guests, snapshots } = state.prune(LATER);
    assertEquals([guests, snapshots], [1, 1]);
    assertEquals([state.guests.get(902)?.vmid, state.snapshots.get(902, "s")?.vmid], [902, 902]);
  });
});

Deno.test("A desired revision that is one too many goes when another comes, of its provider alone", async () => {
  await withState((state) => {
    const give = (provider: string, revision: number) =>
      state.desired.accept({
        ...{ provider, revision: `${revision}`, digest: "d", document: "{}", acceptedAt: 1 },
      });
    give("local", 0);
    for (let revision = 1; revision <= KEPT_REVISIONS + 5; revision++) give("hub", revision);
    const left = state.desired.list("hub", 1000);
    assertEquals([left.length, left.at(-1)?.revision], [KEPT_REVISIONS, "6"]);
    assertEquals(state.desired.current("local")?.revision, "0");
  });
});

Deno.test("However many desired states are given, the file grows no more, and the same again is no write", async () => {
  await withState((state, folder) => {
    using reader = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
    const pages = () => Number(reader.prepare("PRAGMA page_count").get()?.["page_count"]);
    const version = () => reader.prepare("PRAGMA data_version").get()?.["data_version"];
    const document = "x".repeat(1024 * 1024);
    const give = (revision: number) =>
      state.desired.accept({
        ...{ provider: "local", revision: `${revision}`, digest: "d", document, acceptedAt: 1 },
      });
    for (let revision = 0; revision <= KEPT_REVISIONS; revision++) give(revision);
    const full = pages();
    for (let revision = 100; revision < 120; revision++) give(revision);
    // One of them takes 256 pages.
    assert(pages() - full < 32);
    const before = version();
    assertEquals(give(119), false);
    assertEquals(version(), before);
  });
});

Deno.test("However much benign work there is, it pushes out nothing that was signed or is lost for good", async () => {
  await withState((state) => {
    const { operations } = state;
    operations.authorise(operation("signed", { signed: signed("n") }));
    operations.authorise(operation("lost", { action: { kind: "guest.destroy" } }));
    for (const id of ["signed", "lost"]) end(state, id, 1000);
    for (let index = 0; index < 20; index++) {
      operations.authorise(operation(`${index}`));
      end(state, `${index}`, 1000);
    }
    const options = { before: 0, until: 2000, limit: 100 };
    assertEquals(operations.prune({ ...options, keep: 5, lastingBefore: 0 }), 15);
    const ids = () => operations.list().map((row) => "id" in row ? row.id : "");
    assertEquals(ids(), ["19", "18", "17", "16", "15", "lost", "signed"]);
    assertEquals(operations.document("signed")?.nonce, "n");
    // By its age, it goes.
    assertEquals(operations.prune({ ...options, keep: 5, lastingBefore: 1001 }), 2);
    assertEquals(ids(), ["19", "18", "17", "16", "15"]);
  });
});

Deno.test("How long that is kept which lasts, who opens the state says", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { lastingMs: 100 * LATER });
    const { state } = opened;
    state.operations.authorise(operation("a", { signed: signed("n") }));
    end(state, "a", 1000);
    state.timeMark.raise(50 * LATER);
    assertEquals(state.prune(50 * LATER).operations, 0);
    state.timeMark.raise(101 * LATER);
    assertEquals(state.prune(101 * LATER).operations, 1);
  });
});

Deno.test("What is pruned makes room for what comes", async () => {
  await withState((state, folder) => {
    const write = (round: number) =>
      state.transaction(() => {
        for (let index = 0; index < 300; index++) {
          const id = `${round}-${index}`;
          const document = signed(id, { bytes: new Uint8Array(4000) });
          state.operations.authorise(operation(id, { signed: document }));
          end(state, id, round * LATER);
        }
      });
    write(1);
    write(2);
    using reader = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
    // With what the log holds and has not carried over.
    const size = () => Number(reader.prepare("PRAGMA page_count").get()?.["page_count"]);
    state.timeMark.raise(20 * LATER);
    state.prune(20 * LATER);
    state.prune(20 * LATER);
    const before = size();
    for (let round = 3; round < 7; round++) {
      write(round);
      while (state.prune(20 * LATER).operations > 0);
    }
    assertEquals(size() <= before * 1.2, true, `${before} pages became ${size()}`);
  });
});

Deno.test("A nonce is kept for twice as long behind the mark as a clock may be behind it", () => {
  assertEquals(RETENTION.nonceBehindMarkMs >= 2 * TOLERANCE_MS, true);
});
