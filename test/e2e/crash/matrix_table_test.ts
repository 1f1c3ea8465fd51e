import { assertEquals } from "@std/assert";
import { type Cell, matrixTable } from "./matrix_table.ts";

Deno.test("The matrix has a line for each kind, and says what was not well", () => {
  const cell = (commit: number, side: "before" | "after", ...problems: string[]): Cell => ({
    deadline: { commit, side },
    writes: "operation",
    problems,
  });
  assertEquals(
    matrixTable([
      {
        kind: "guest.start",
        cells: [
          cell(1, "before"),
          cell(1, "after"),
          cell(2, "before"),
          cell(2, "after", "It was lost"),
        ],
      },
      { kind: "disk.mount", cells: [], skipped: "no root here" },
      { kind: "guest.stop", cells: [cell(1, "before")] },
    ]),
    `Killed before and after each commit (. well, X not):
  guest.start  .. .X
  disk.mount   skipped: no root here
  guest.stop   .
  5 kills of 2 kinds, 1 not well
  guest.start, killed after commit 2 (operation): It was lost`,
  );
});
