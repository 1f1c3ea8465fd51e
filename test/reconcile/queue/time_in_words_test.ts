import { assertEquals } from "@std/assert";
import { timeInWords } from "../../../src/reconcile/queue/time_in_words.ts";

for (
  const [ms, words] of [
    [-5_000, "0 s"],
    [0, "0 s"],
    [1, "1 s"],
    [1_000, "1 s"],
    [119_000, "119 s"],
    [119_001, "2 min"],
    [120_001, "3 min"],
    [119 * 60_000, "119 min"],
    [119 * 60_000 + 1, "2 h"],
    [47 * 3_600_000, "47 h"],
    [47 * 3_600_000 + 1, "2 days"],
    [9 * 86_400_000, "9 days"],
  ] as const
) {
  Deno.test(`${ms} ms are ${words}`, () => assertEquals(timeInWords(ms), words));
}
