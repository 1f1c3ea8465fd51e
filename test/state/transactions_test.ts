import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { operation } from "./operation.ts";
import { withState } from "./state_folder.ts";

const codeOf = (work: () => unknown) => assertThrows(work, FelhomError).code;

Deno.test("A transaction is open until it ends, and ends once, each by itself", async () => {
  await withState(({ transactions }) => {
    transactions.join("b", { vmid: 102, at: 20 });
    transactions.join("a", { vmid: null, at: 30 });
    // Who goes on with it changes nothing of it.
    transactions.join("b", { vmid: 103, at: 40 });
    const open = { closedAt: null, outcome: "open" } as const;
    const [first, second] = [
      { id: "b", vmid: 102, openedAt: 20, ...open },
      { id: "a", vmid: null, openedAt: 30, ...open },
    ];
    assertEquals([transactions.open(), transactions.get("b")], [[first, second], first]);
    assertEquals(transactions.get("c"), undefined);

    transactions.close("a", "rolled_back", 50);
    assertEquals(transactions.open(), [first]);
    const ended = { ...second, closedAt: 50, outcome: "rolled_back" as const };
    assertEquals(transactions.get("a"), ended);
    transactions.close("b", "committed", 60);
    assertEquals(transactions.get("b")?.outcome, "committed");
    assertEquals([transactions.open(), transactions.get("a")], [[], ended]);
  });
});

Deno.test("What has ended, or never began, neither goes on nor ends again", async () => {
  await withState(({ transactions }) => {
    for (const outcome of ["committed", "rolled_back"] as const) {
      transactions.join(outcome, { vmid: 101, at: 1 });
      transactions.close(outcome, outcome, 2);
      assertEquals(codeOf(() => transactions.join(outcome, { vmid: 101, at: 3 })), "state.closed");
      assertEquals(codeOf(() => transactions.close(outcome, "committed", 3)), "state.closed");
      assertEquals(transactions.get(outcome)?.closedAt, 2);
    }
    transactions.join("other", { vmid: 101, at: 1 });
    assertEquals(codeOf(() => transactions.close("never", "committed", 3)), "state.closed");
    const saidOf = (id: string) =>
      assertThrows(() => transactions.close(id, "committed", 3), FelhomError).message;
    assertEquals(
      [saidOf("never"), saidOf("rolled_back")],
      [
        'Cannot go on with transaction "never": it never began',
        'Cannot go on with transaction "rolled_back": it is rolled_back',
      ],
    );
    assertEquals(transactions.get("other")?.outcome, "open");
  });
});

Deno.test("What ended long ago goes, the oldest first, and nothing that has operations or is open", async () => {
  await withState(({ operations, transactions }) => {
    for (const [id, closed] of [["young", 100], ["old", 10], ["older", 9], ["used", 8]] as const) {
      transactions.join(id, { vmid: 101, at: 1 });
      if (id === "used") operations.authorise(operation("step", { transaction: id }));
      transactions.close(id, "committed", closed);
    }
    transactions.join("open", { vmid: 101, at: 1 });
    const left = () =>
      ["used", "older", "old", "young", "open"].filter((id) => transactions.get(id) !== undefined);
    assertEquals([transactions.prune(9, 10), left().length], [0, 5]);
    assertEquals([transactions.prune(100, 1), left()], [1, ["used", "old", "young", "open"]]);
    assertEquals([transactions.prune(100, 10), left()], [1, ["used", "young", "open"]]);
  });
});
