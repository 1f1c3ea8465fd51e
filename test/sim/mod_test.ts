import { assertEquals, assertThrows } from "@std/assert";
import { FakeClock } from "../support/fake_clock.ts";
import { mortalClock } from "./mortal_clock.ts";
import { startSimulator } from "./mod.ts";
import { scaledClock } from "./scaled_clock.ts";
import { RawClient } from "./wire/raw_client.ts";

Deno.test("a simulator that stops takes the tasks of its world with it", async () => {
  await using simulator = await startSimulator({ seed: 3 });
  await using client = await RawClient.connect(simulator.wire.port, simulator.tls.ca);
  const call = async (method: string, path: string, body = "") => {
    await client.send(
      `${method} /api2/json${path} HTTP/1.1\r\nAuthorization: PVEAPIToken=${simulator.token}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    return JSON.parse((await client.answer()).body).data;
  };
  const guests: { vmid: number; status: string }[] = await call("GET", "/nodes/pve/lxc");
  const running = guests.find(({ status }) => status === "running");
  const upid = await call("POST", `/nodes/pve/lxc/${running?.vmid}/status/shutdown`);
  const { status } = await call("GET", `/nodes/pve/tasks/${encodeURIComponent(upid)}/status`);
  // The task has timers of its own; the leak check of this test fails if they outlive the simulator.
  assertEquals(status, "running");
});

Deno.test("two simulators with one seed hold the same world and the same secret", async () => {
  const clock = new FakeClock();
  await using first = await startSimulator({ seed: 5, clock });
  await using second = await startSimulator({ seed: 5, clock });
  await using third = await startSimulator({ seed: 6, clock });
  assertEquals(first.token, second.token);
  assertEquals(first.pve.snapshot(), second.pve.snapshot());
  assertEquals(first.token === third.token, false);
});

Deno.test("a scaled clock shortens waits and leaves the time of day alone", async () => {
  const base = new FakeClock();
  const clock = scaledClock(10, base);
  let woken = false;
  clock.sleep(5000).then(() => woken = true);
  await base.advance(499);
  assertEquals([woken, clock.monotonic()], [false, 4990]);
  await base.advance(1);
  assertEquals([woken, clock.monotonic(), clock.now()], [true, 5000, base.now()]);
});

Deno.test("time cannot be scaled by nothing, backwards or by no number", () => {
  for (const scale of [0, -1, NaN]) {
    assertThrows(() => scaledClock(scale), RangeError, `Cannot scale time by "${scale}"`);
  }
});

Deno.test("a clock that has ended wakes nobody and keeps no timer", async () => {
  const base = new FakeClock();
  const clock = mortalClock(base);
  const woken: string[] = [];
  const controller = new AbortController();
  clock.sleep(10).then(() => woken.push("early"));
  clock.sleep(1000).then(() => woken.push("late"));
  clock.sleep(1000, controller.signal).catch(() => woken.push("aborted"));
  await base.advance(10);
  controller.abort();
  await base.settle();
  clock.end();
  clock.sleep(10).then(() => woken.push("after the end"));
  await base.advance(10_000);
  assertEquals(woken, ["early", "aborted"]);
  assertEquals(base.sleeping, 0);
});
