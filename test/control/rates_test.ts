import { assertEquals } from "@std/assert";
import { type FullAt, takeTurn } from "../../src/control/rates.ts";

const RATE = { burst: 3, everyMs: 1_000 };

/** What a bucket says to each of these moments. */
function turns(moments: readonly number[]): (boolean | number)[] {
  let fullAt: FullAt | undefined;
  return moments.map((now) => {
    const turn = takeTurn(fullAt, RATE, now);
    if (!turn.may) return turn.againInMs;
    ({ fullAt } = turn);
    return true;
  });
}

Deno.test("So many at once, then one in each interval, however long nobody came", () => {
  assertEquals(turns([0, 0, 0, 0, 400, 1_000, 1_000]), [true, true, true, 1_000, 600, true, 1_000]);
  assertEquals(turns([0, 0, 0, 900_000, 900_000, 900_000, 900_000]), [
    ...[true, true, true, true, true, true, 1_000],
  ]);
});

Deno.test("Asking in vain costs no time, and a clock that stands gives nothing", () => {
  assertEquals(turns([0, 0, 0, 500, 600, 999, 1_000]), [true, true, true, 500, 400, 1, true]);
});
