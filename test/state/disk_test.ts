import { assertEquals } from "@std/assert";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { onTmpfs } from "./own_mount.ts";
import { inFolder } from "./state_folder.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- Says why tests are skipped.
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

const program = (name: string) => new URL(name, import.meta.url).pathname;
const run = (name: string, flags: string) =>
  `"$2" run --no-check --quiet --no-prompt ${flags} ${program(name)} "$1"`;
const CHEAP = `--allow-read="$1" --allow-write="$1"`;

Deno.test({
  name: "On a full disk what runs is recorded, sealed or not, and nothing new begins",
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const fill = run("fill_disk.ts", CHEAP);
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "9m" },
        [
          `${fill} fill`,
          `dd if=/dev/zero of="$1/more" bs=1k 2>/dev/null || true`,
          `${fill} again`,
          `rm "$1/filler" "$1/more"`,
          `${fill} freed`,
        ].join("\n"),
      );
      const [full, again, freed] = stdout.trim().split("\n").map((line) => JSON.parse(line || "0"));
      assertEquals(full, {
        "accepts before": true,
        "new work": "state.full",
        "start": "state.full",
        "accepts": false,
        "finished": 150,
        "start again": "state.full",
        "compensation": "done",
        "audit": "done",
      }, stderr);
      const kept = { instance: "a", kept: 150, holds: true, finish: "done" };
      assertEquals(again, { ...kept, "accepts": false, "new work": "state.full" }, stderr);
      assertEquals(freed, { ...kept, "accepts": true, "new work": "done" }, stderr);
    });
  },
});

Deno.test({
  name: "A daemon that ended well starts again on a disk that was filled meanwhile",
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const open = run("open_once.ts", CHEAP);
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "12m" },
        [
          open,
          `dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || true`,
          open,
          open,
          `rm "$1/filler"`,
          open,
        ].join("\n"),
      );
      assertEquals(
        stdout.trim().split("\n"),
        ["a: true", "a: false", "a: false", "a: true"],
        stderr,
      );
    });
  },
});

Deno.test({
  name: "A disk that is full from the start says so, and nothing is lost that was there",
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const open = run("open_once.ts", CHEAP);
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "64k" },
        [
          `dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || true`,
          open,
          `rm "$1/filler"; mount -o remount,size=12m "$1"`,
          open,
        ].join("\n"),
      );
      assertEquals(stdout.trim().split("\n"), ["state.full", "a: true"], stderr);
    });
  },
});

Deno.test({
  name: "A read-only file system is said to be one; the state on it can be read",
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const open = run("open_once.ts", CHEAP);
      const { stdout, stderr } = await onTmpfs(
        { folder, size: "12m" },
        [
          open,
          `cp "$1/state.db" "$1/before"; mount -o remount,ro "$1"`,
          open,
          run("read_once.ts", CHEAP),
          `cmp "$1/state.db" "$1/before" && ls "$1"`,
        ].join("\n"),
      );
      assertEquals(stdout.trim().split("\n"), [
        "a: true",
        "state.read_only",
        "read a",
        ...["agent.lock", "before", "reserve", "state.db"],
      ], stderr);
    });
  },
});
