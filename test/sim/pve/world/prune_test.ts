import { assertEquals } from "@std/assert";
import { parseRetention, type PruneMark, pruneMarks } from "./prune.ts";

function entry(stamp: string, isProtected = false) {
  const [date = "", time = ""] = stamp.split(" ");
  const name = `${date.replaceAll("-", "_")}-${time.replaceAll(":", "_")}`;
  return {
    volid: `local:backup/vzdump-lxc-101-${name}.tar.zst`,
    ctime: Date.parse(`${date}T${time}Z`) / 1000,
    protected: isProtected,
  };
}

function marks(retention: string | undefined, stamps: readonly string[]): PruneMark[] {
  const entries = stamps.map((stamp) => entry(stamp));
  const marked = pruneMarks(entries, parseRetention(retention), "Etc/UTC");
  return entries.map(({ volid }) => marked.get(volid) ?? "renamed");
}

const DAYS = [
  "2026-11-18 03:00:00",
  "2026-11-19 03:00:00",
  "2026-11-19 15:00:00",
  "2026-11-20 03:00:00",
];

Deno.test("pruning keeps what the rules keep", () => {
  const table = [
    ["keep-last=2", ["remove", "remove", "keep", "keep"]],
    ["keep-daily=2", ["remove", "remove", "keep", "keep"]],
    ["keep-daily=3", ["keep", "remove", "keep", "keep"]],
    ["keep-last=1,keep-daily=1", ["remove", "remove", "keep", "keep"]],
    ["keep-weekly=1", ["remove", "remove", "remove", "keep"]],
    ["keep-all=1", ["keep", "keep", "keep", "keep"]],
    ["keep-last=0", ["keep", "keep", "keep", "keep"]],
    [undefined, ["keep", "keep", "keep", "keep"]],
  ] as const;
  for (const [retention, expected] of table) {
    assertEquals(marks(retention, DAYS), [...expected], retention ?? "nothing said");
  }
});

Deno.test("protected and renamed backups are never pruned and do not count", () => {
  const kept = entry("2026-11-20 03:00:00", true);
  const renamed = { volid: "local:backup/vzdump-lxc-101-old.tar.zst", ctime: 1, protected: false };
  const old = entry("2026-11-18 03:00:00");
  const marked = pruneMarks([kept, renamed, old], parseRetention("keep-last=1"), "Etc/UTC");
  assertEquals([...marked.values()].toSorted(), ["keep", "protected", "renamed"]);
  assertEquals(marked.get(old.volid), "keep");
});
