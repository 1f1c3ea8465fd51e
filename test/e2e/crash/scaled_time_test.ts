import { assertEquals } from "@std/assert";
import { scaledTime } from "./scaled_time.ts";

Deno.test("Scaled time follows from the machine's alone, so that two processes agree on it", async () => {
  const slept: number[] = [];
  const machine = (monotonic: number) => ({
    now: () => 1_500,
    monotonic: () => monotonic,
    sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
  });
  const time = { since: 1_000, scale: 20 };
  const [first, second] = [scaledTime(time, machine(3)), scaledTime(time, machine(70))];
  assertEquals([first.now(), second.now()], [11_000, 11_000]);
  assertEquals([first.monotonic(), second.monotonic()], [60, 1_400]);
  await second.sleep(1_000);
  assertEquals(slept, [50]);
});
