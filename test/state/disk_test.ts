import { assertEquals } from "@std/assert";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { onTmpfs } from "./own_mount.ts";
import { inFolder } from "./state_folder.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- Says why tests are skipped.
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

const program = (name: string) => new URL(name, import.meta.url).pathname;
const run = (name: string) =>
  `"$2" run --no-check --quiet --no-prompt --allow-read="$1" --allow-write="$1" ` +
  `${program(name)} "$1"`;
const OPEN = run("open_once.ts");
/** Takes all the room there is. */
const fillWith = (file: string) => `dd if=/dev/zero of="$1/${file}" bs=1k 2>/dev/null || true`;

interface Disk {
  /** As mount reads it: "8m". */
  readonly size: string;
  /** Lines of a shell script; `$1` is where the disk is. */
  readonly script: readonly string[];
  /** Holds what they said, line by line, against what they are to say. */
  readonly check: (said: readonly string[], stderr: string) => void;
}

/** A test on a disk of its own. */
function testOnDisk(name: string, { size, script, check }: Disk): void {
  Deno.test({
    ...{ name, ignore },
    async fn() {
      await inFolder(async (folder) => {
        const { stdout, stderr } = await onTmpfs({ folder, size }, script.join("\n"));
        check(stdout.trim().split("\n"), stderr);
      });
    },
  });
}

testOnDisk("On a full disk what runs is recorded, sealed or not, and nothing new begins", {
  size: "9m",
  script: [
    `${run("fill_disk.ts")} fill`,
    fillWith("more"),
    `${run("fill_disk.ts")} again`,
    `rm "$1/filler" "$1/more"`,
    `${run("fill_disk.ts")} freed`,
  ],
  check(said, stderr) {
    const [full, again, freed] = said.map((line) => JSON.parse(line || "0"));
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
  },
});

testOnDisk("A daemon that ended well starts again on a disk that was filled meanwhile", {
  size: "12m",
  script: [OPEN, fillWith("filler"), OPEN, OPEN, `rm "$1/filler"`, OPEN],
  check: (said, stderr) =>
    assertEquals(said, ["a: true", "a: false", "a: false", "a: true"], stderr),
});

testOnDisk("A disk that is full from the start says so, and nothing is lost that was there", {
  size: "64k",
  script: [fillWith("filler"), OPEN, `rm "$1/filler"; mount -o remount,size=12m "$1"`, OPEN],
  check: (said, stderr) => assertEquals(said, ["state.full", "a: true"], stderr),
});

testOnDisk("A read-only file system is said to be one; the state on it can be read", {
  size: "12m",
  script: [
    OPEN,
    `cp "$1/state.db" "$1/before"; mount -o remount,ro "$1"`,
    OPEN,
    run("read_once.ts"),
    `cmp "$1/state.db" "$1/before" && ls "$1"`,
  ],
  check: (said, stderr) =>
    assertEquals(said, [
      "a: true",
      "state.read_only",
      "read a",
      ...["agent.lock", "before", "reserve", "state.db"],
    ], stderr),
});
