import { assert, assertEquals } from "@std/assert";
import { createHandlers } from "./pve/handlers/mod.ts";
import { isReferenceMissing } from "./reference.ts";
import { CAPTURES, readCaptures } from "./replay/captures.ts";
import { DIFFERENCES } from "./replay/differences.ts";
import { LEFT_OUT, OF_THE_WIRE } from "./replay/left_out.ts";
import { runScenario } from "./replay/run.ts";
import { SCENARIOS } from "./replay/scenarios/mod.ts";

/** Share of the replayed captures that have to be equal. */
const ENOUGH = 0.95;

Deno.test({
  name: "the simulator answers as the genuine server did",
  ignore: isReferenceMissing(CAPTURES),
  async fn(t) {
    const { requests, others } = readCaptures();
    const results = new Map<string, readonly string[]>();
    for (const scenario of SCENARIOS) {
      await t.step(scenario.name, async () => {
        const found = await runScenario(scenario, requests, createHandlers);
        for (const [name, differences] of found) {
          assert(!results.has(name), `"${name}" is replayed twice`);
          results.set(name, differences);
          const known = DIFFERENCES[name]?.at ?? [];
          const unknown = differences.filter((line) => !known.some((at) => line.startsWith(at)));
          assert(unknown.length === 0, `"${name}" differs:\n${unknown.join("\n")}`);
        }
      });
    }

    await t.step("every capture is replayed, or left out with a reason", () => {
      const missing = [...requests.keys(), ...others].filter((name) => !results.has(name));
      assertEquals(
        missing.filter((name) => !OF_THE_WIRE.test(name)).toSorted(),
        Object.keys(LEFT_OUT).toSorted(),
      );
    });

    await t.step("every listed difference is one", () => {
      for (const [name, { at }] of Object.entries(DIFFERENCES)) {
        const found = results.get(name);
        assert(found !== undefined, `"${name}" is listed as different, but not replayed`);
        for (const path of at) {
          const isOne = found.some((line) => line.startsWith(path));
          assert(isOne, `"${name}" is listed as different at ${path}, but is not`);
        }
      }
    });

    await t.step("enough are equal", () => {
      const equal = [...results.values()].filter((differences) => differences.length === 0).length;
      print(`${equal} of ${results.size} equal`);
      assert(equal / results.size >= ENOUGH, `${equal} of ${results.size} are not enough`);
    });
  },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
