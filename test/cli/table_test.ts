import { assert, assertEquals } from "@std/assert";
import { renderTable } from "../../src/cli/table.ts";
import { textWidth } from "../../src/cli/text_width.ts";

const COLUMNS = [{ title: "vmid", align: "right" }, { title: "name" }, {
  title: "status",
}] as const;

Deno.test("columns are as wide as their widest cell, figures stand on the right", () => {
  assertEquals(
    renderTable(COLUMNS, [["101", "web", "running"], ["99999", "db-main", "stopped"]]),
    [
      " VMID  NAME     STATUS",
      "  101  web      running",
      "99999  db-main  stopped",
      "",
    ].join("\n"),
  );
});

Deno.test("a table without rows has its titles", () => {
  assertEquals(renderTable(COLUMNS, []), "VMID  NAME  STATUS\n");
});

Deno.test("cells from outside cannot add lines or colours", () => {
  const table = renderTable(COLUMNS, [["1", "a\nb\x1b[31m\u202e", "x"]]);
  assertEquals(table.split("\n").length, 3);
  assert(table.includes("a\\nb\\x1b[31m\\u202e"));
});

Deno.test("wide characters take two columns and marks none", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["数据库", 6],
    ["ｗｅｂ", 6],
    ["한글", 4],
    ["🚀", 2],
    ["", 0],
  ];
  for (const [text, width] of cases) assertEquals(textWidth(text), width, text);
  const lines = renderTable([{ title: "a" }, { title: "b" }], [["数据", "x"], ["abcde", "y"]])
    .split("\n");
  assertEquals(lines[1], "数据   x");
});

Deno.test("a table fits into a terminal by cutting its widest columns first", () => {
  const rows = [["101", "n".repeat(60), "s".repeat(30)], ["102", "short", "ok"]];
  for (const width of [80, 60, 40, 31]) {
    const lines = renderTable(COLUMNS, rows, { width }).trimEnd().split("\n");
    assert(lines.every((line) => textWidth(line) <= width), lines.join("\n"));
    assert(lines[1]?.includes("…"));
    assert(lines[2]?.includes("short"));
  }
  const wide = renderTable(COLUMNS, rows, { width: 200 });
  assert(!wide.includes("…"));
});
