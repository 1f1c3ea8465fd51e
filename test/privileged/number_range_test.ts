import { assert, assertEquals, assertThrows } from "@std/assert";
import { numberGrammar } from "../../privileged/number_range.ts";
import { seededRandom } from "../proxmox/support/seeded_random.ts";

const WRITTEN = [
  { first: 98, last: 105, pattern: "(9[8-9]|10[0-5])" },
  { first: 7, last: 7, pattern: "7" },
  { first: 1000, last: 1999, pattern: "1[0-9]{3}" },
  { first: 9000, last: 9049, pattern: "90[0-4][0-9]" },
];

for (const { first, last, pattern } of WRITTEN) {
  Deno.test(`${first} to ${last} is written ${pattern}`, () => {
    assertEquals(numberGrammar({ first, last }).pattern, pattern);
  });
}

Deno.test("the grammar of a range fits its numbers and no other text of digits", () => {
  const random = seededRandom();
  for (let round = 0; round < 400; round++) {
    const top = 10 ** random.integer(1, 9);
    const [first = 1, last = 1] = [random.integer(1, top), random.integer(1, top)].sort((a, b) =>
      a - b
    );
    const whole = new RegExp(`^(?:${numberGrammar({ first, last }).pattern})$`);
    const near = [first - 1, first, first + 1, last - 1, last, last + 1, first * 10, last * 10];
    const anywhere = Array.from({ length: 30 }, () => random.integer(0, top * 11));
    for (const number of [...near, ...anywhere]) {
      assertEquals(
        whole.test(String(number)),
        number >= first && number <= last,
        `${number} in ${first} to ${last}: ${whole}`,
      );
      assert(!whole.test(`0${number}`), `0${number} in ${first} to ${last}`);
    }
  }
});

for (const [first, last] of [[0, 9], [5, 4], [1.5, 2], [-3, 3], [1, Infinity]] as const) {
  Deno.test(`${first} to ${last} is no range`, () => {
    assertThrows(() => numberGrammar({ first, last }), RangeError, `"${first}" to "${last}"`);
  });
}
