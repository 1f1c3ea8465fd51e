import { assert, assertEquals } from "@std/assert";
import { OPERATION_STATES } from "../../src/state/operation_state.ts";
import type { State } from "../../src/state/mod.ts";
import { freshSeed, seeded } from "./seed.ts";
import { inFolder, openIn } from "./state_folder.ts";
import { hasStrace } from "../support/has_strace.ts";

const WRITER = new URL("write_transitions.ts", import.meta.url).pathname;
const SYNC = new URL("sync_each.ts", import.meta.url).pathname;
const KILLS = 25;

Deno.test(`Nothing acknowledged is lost when the writer is killed, ${KILLS} times over`, async () => {
  const seed = freshSeed("durability");
  const random = seeded(seed);
  await inFolder(async (folder) => {
    const acknowledged: string[] = [];
    for (let round = 0; round < KILLS; round++) {
      // From right after it opened to long after its log was carried over for the first time.
      const lines = random(4) === 0 ? random(800) : random(60);
      acknowledged.push(...await killAfter(lines, [folder, `r${round}`]));
      using opened = openIn(folder);
      assertKept(opened.state, acknowledged);
      // What was begun and not acknowledged is whole, or is not there.
      for (const found of opened.state.operations.unfinished()) {
        assert("id" in found, `seed ${seed}, round ${round}`);
        opened.state.operations.advance(
          found.id,
          found.state === "authorised" ? "abandoned" : "unknown",
          { at: 1 },
        );
        assertEquals(opened.state.operations.document(found.id)?.nonce, `n-${found.id}`);
      }
      assert(opened.state.audit.verify().holds, `seed ${seed}, round ${round}`);
    }
    assert(acknowledged.length > KILLS, `too little was written: ${acknowledged.length}`);
  });
});

/** @returns the lines it had said when it died, which is at any point after so many */
async function killAfter(lines: number, args: string[]): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "--quiet", WRITER, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "";
  const decoder = new TextDecoder();
  let killed = false;
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    if (killed || said.split("\n").length <= lines + 1) continue;
    child.kill("SIGKILL");
    killed = true;
  }
  assertEquals((await child.status).signal, "SIGKILL");
  return said.slice(0, said.lastIndexOf("\n")).split("\n").filter((line) => line !== "open");
}

function assertKept(state: State, acknowledged: readonly string[]): void {
  for (const line of acknowledged) {
    const [id = "", to = ""] = line.split(" ");
    const found = state.operations.get(id);
    assert(found !== undefined, `${line} is lost`);
    const names = state.operations.transitions(id).map((transition) => transition.state);
    assert(names.some((name) => name === to), `${line} is lost; there are ${names.join(", ")}`);
    assertEquals(state.nonces.usedBy(`n-${id}`), id);
    assertEquals(names.at(-1), found.state);
    assert(OPERATION_STATES.includes(found.state));
  }
}

const strace = await hasStrace();
// deno-lint-ignore no-console -- a skipped test says why
if (!strace) console.log("Skipped: strace is not installed, or may not trace here");

Deno.test({
  name: "The log is on the disk before a transition is acknowledged",
  ignore: !strace,
  async fn() {
    await inFolder(async (folder) => {
      const trace = `${folder}/trace`;
      const { code, stderr } = await new Deno.Command("strace", {
        args: [
          ...["-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,write,pwrite64"],
          ...[Deno.execPath(), "run", "--no-check", "--quiet", "-A", SYNC, folder],
        ],
        stdout: "null",
        stderr: "piped",
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      // W: the log is written, S: it is synced, A: the caller is told.
      const steps = Deno.readTextFileSync(trace).split("\n").map((line) => {
        if (line.includes('"acknowledged')) return "A";
        if (!line.includes("state.db-wal>")) return "";
        return /f(?:data)?sync\(/.test(line) ? "S" : "W";
      }).join("");
      const told = steps.split("A").slice(0, -1);
      assertEquals(told.length, 4);
      for (const before of told) assert(/W+S$/.test(before), `acknowledged after ${before}`);
    });
  },
});
