import { assertEquals } from "@std/assert";
import { TABLE } from "../../privileged/operations.ts";
import type { Host } from "../../privileged/host.ts";
import { fakeHost } from "./fake_host.ts";
import type { HostAnswer } from "./host_answer.ts";

/** `stat` finds all programs but some; `sudo -l` knows all rules but some. */
function play(missing: readonly string[], refused: RegExp | null): HostAnswer {
  return ([program, ...args]) => {
    if (program === "/usr/bin/stat") {
      const there = args.slice(args.indexOf("--") + 1).filter((path) => !missing.includes(path));
      return { stdout: there.map((path) => `${path}\n`).join("") };
    }
    return { code: refused?.test(args.join(" ")) ? 1 : 0 };
  };
}

async function problems(host: Host): Promise<Record<string, string | null>> {
  const { operations } = await TABLE["helper.health"].run({}, host);
  return Object.fromEntries(operations.map(({ op, problem }) => [op, problem]));
}

Deno.test("with all programs and rules every operation is ready, and nothing was started but questions", async () => {
  const host = fakeHost(play([], null));
  assertEquals(Object.values(await problems(host)), Array(6).fill(null));
  for (const argv of host.started) {
    const question = argv[0] === "/usr/bin/stat" ||
      argv.slice(0, 4).join(" ") === "/usr/bin/sudo -n -l --";
    assertEquals(question, true, argv.join(" "));
  }
});

Deno.test("a missing program is named, at the operations that need it", async () => {
  const found = await problems(fakeHost(play(["/usr/bin/lsblk", "/usr/bin/sensors"], null)));
  assertEquals(found["disk.mount"], "/usr/bin/lsblk is not installed");
  assertEquals(found["hardware.sensors"], "/usr/bin/sensors is not installed");
  assertEquals(found["hardware.smart"], null);
});

Deno.test("a host without sudo is told so, and what needs no root is ready", async () => {
  const found = await problems(fakeHost(play(["/usr/bin/sudo"], null)));
  assertEquals(found["hardware.smart"], "/usr/bin/sudo is not installed");
  assertEquals(found["hardware.sensors"], null);
});

Deno.test("a missing rule is named", async () => {
  const found = await problems(fakeHost(play([], /umount/)));
  assertEquals(found["disk.unmount"]?.startsWith("sudo has no rule for /usr/bin/umount ^"), true);
  assertEquals(found["disk.mount"], found["disk.unmount"]);
});

Deno.test("without VMIDs golden create is not ready", async () => {
  const found = await problems(fakeHost(play([], null), { vmids: null }));
  assertEquals(found["golden.create"], "the helper's unit names no VMIDs (--vmids FIRST-LAST)");
});

Deno.test("as root without sudo, nobody asks sudo", async () => {
  const host = fakeHost(play(["/usr/bin/sudo"], null), { mode: "direct" });
  assertEquals(Object.values(await problems(host)), Array(6).fill(null));
  assertEquals(host.started.length, 1);
});
