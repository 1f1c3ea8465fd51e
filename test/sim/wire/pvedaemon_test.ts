import { assertEquals, assertGreater } from "@std/assert";
import type { Clock } from "../../../src/clock.ts";
import { scaledClock } from "../scaled_clock.ts";
import type { ApiAnswer, ApiCall } from "../seam.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { until } from "./until.ts";
import { wireFixture } from "./wire_fixture.ts";

const OK: ApiAnswer = { status: 200, reason: "OK", body: { data: null } };

/** A clock that notes for how long it was slept. */
function observe(clock: Clock): { readonly slept: readonly number[]; readonly observed: Clock } {
  const slept: number[] = [];
  const sleep = (ms: number, signal?: AbortSignal) => {
    slept.push(ms);
    return clock.sleep(ms, signal);
  };
  return {
    slept,
    observed: { now: () => clock.now(), monotonic: () => clock.monotonic(), sleep },
  };
}

/** Proxied calls that go on until they are let go, and inline ones that answer at once. */
function gatedCalls() {
  const gates: PromiseWithResolvers<void>[] = [];
  const done: string[] = [];
  const handler = ({ segments }: { readonly segments: readonly string[] }): ApiCall => ({
    proxied: segments[0] === "slow",
    route: `/${segments.join("/")}`,
    run: async () => {
      if (segments[0] === "slow") {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
      }
      done.push(segments.join("/"));
      return OK;
    },
  });
  return { gates, done, handler };
}

Deno.test("three blocked workers hold back proxied calls and no others", async () => {
  const { gates, done, handler } = gatedCalls();
  await using fixture = await wireFixture({ handler });
  const blocked = await Promise.all([1, 2, 3].map(() => fixture.connect()));
  for (const client of blocked) await client.send(fixture.request("/api2/json/slow/put"));
  await until(() => gates.length === 3);

  await using fourth = await fixture.connect();
  await fourth.send(fixture.request("/api2/json/slow/fourth"));
  await until(() => fixture.wire.report().pvedaemon.queued === 1);
  await using inline = await fixture.connect();
  await inline.send(fixture.request("/api2/json/version"));
  assertEquals((await inline.answer()).head[0], "HTTP/1.1 200 OK");
  assertEquals(done, ["version"]);
  assertEquals(gates.length, 3);

  gates[0]?.resolve();
  await until(() => gates.length === 4);
  for (const gate of gates) gate.resolve();
  assertEquals((await fourth.answer()).head[0], "HTTP/1.1 200 OK");
  const { highWater } = fixture.wire.report().pvedaemon;
  assertEquals(highWater, 4);
});

Deno.test("after thirty seconds the client has 596 and the work goes on", async () => {
  const { gates, done, handler } = gatedCalls();
  await using fixture = await wireFixture({ handler, timeScale: 200 });
  await using client = await fixture.connect();
  const start = performance.now();
  await client.send(fixture.request("/api2/json/slow/put", { method: "PUT", body: "a=1" }));
  const { head, body } = await client.answer();
  assertGreater(performance.now() - start, 145);
  assertEquals(head[0], "HTTP/1.1 596 Connection timed out");
  assertEquals(body, "");
  assertEquals(done, []);
  gates[0]?.resolve();
  await until(() => done.length === 1);
  const [row] = fixture.wire.log.rows();
  assertEquals([row?.status, row?.handlerRan, row?.delivered], [596, true, true]);
});

Deno.test("a queued call that timed out is made all the same when its turn comes", async () => {
  const { gates, done, handler } = gatedCalls();
  await using fixture = await wireFixture({ handler, timeScale: 200 });
  const clients = await Promise.all([1, 2, 3, 4].map(() => fixture.connect()));
  for (const client of clients) await client.send(fixture.request("/api2/json/slow/put"));
  for (const client of clients) {
    assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Connection timed out");
  }
  assertEquals(gates.length, 3);
  gates[0]?.resolve();
  await until(() => gates.length === 4);
  for (const gate of gates) gate.resolve();
  await until(() => done.length === 4);
});

Deno.test("with pvedaemon down proxied calls get 595 and are not made, others work", async () => {
  const { done, handler } = gatedCalls();
  await using fixture = await wireFixture({ handler });
  fixture.wire.setDaemon(false);
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/version"));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
  await client.send(fixture.request("/api2/json/slow/put"));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 595 Connection refused");
  assertEquals(done, ["version"]);
  assertEquals(fixture.wire.log.rows().map((row) => row.handlerRan), [true, false]);
});

Deno.test("a restart of pvedaemon breaks what is in flight, drops what is queued, and passes", async () => {
  const { gates, handler } = gatedCalls();
  let killed = 0;
  await using fixture = await wireFixture({
    handler,
    timeScale: 20,
    onDaemonRestart: () => killed++,
  });
  const clients = await Promise.all([1, 2, 3, 4].map(() => fixture.connect()));
  for (const client of clients) await client.send(fixture.request("/api2/json/slow/put"));
  await until(() => fixture.wire.report().pvedaemon.inFlight === 4);
  fixture.wire.restartDaemon(1000);
  assertEquals(killed, 1);
  for (const client of clients) {
    assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Unexpected end-of-file");
  }
  for (const gate of gates) gate.resolve();
  await until(() => fixture.wire.report().pvedaemon.up);
  assertEquals(gates.length, 3, "the queued call was never made");
  await using after = await fixture.connect();
  await after.send(fixture.request("/api2/json/slow/put"));
  await until(() => gates.length === 4);
  gates[3]?.resolve();
  assertEquals((await after.answer()).head[0], "HTTP/1.1 200 OK");
});

Deno.test("hung workers hold proxied calls back until pvedaemon is restarted", async () => {
  const { gates, handler } = gatedCalls();
  await using fixture = await wireFixture({ handler });
  fixture.wire.hangWorkers(3);
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/slow/put"));
  await until(() => fixture.wire.report().pvedaemon.queued === 1);
  fixture.wire.restartDaemon(0);
  assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Unexpected end-of-file");
  assertEquals(gates.length, 0);
});

Deno.test("a refusal to authenticate comes after three seconds and blocks nobody", async () => {
  const clock = new FakeClock();
  const { slept, observed } = observe(clock);
  await using fixture = await wireFixture({ clock: observed });
  const anonymous = "GET /api2/json/version HTTP/1.1\r\nHost: x\r\n\r\n";
  const outsiders = await Promise.all([1, 2, 3, 4, 5].map(() => fixture.connect()));
  for (const client of outsiders) await client.send(anonymous);
  let refused = 0;
  const answers = outsiders.map((outsider) => outsider.answer().finally(() => refused++));
  await until(() => slept.filter((ms) => ms === 3_000).length === 5);
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/nodes/pve/slow"));
  await client.answer();
  await clock.advance(2_999);
  await client.send(fixture.request("/api2/json/nodes/pve/slow"));
  await client.answer();
  assertEquals(refused, 0);
  await clock.advance(1);
  for (const answer of answers) {
    assertEquals((await answer).head[0], "HTTP/1.1 401 No ticket");
  }
});

Deno.test("credentials are looked at before the body", async () => {
  await using fixture = await wireFixture();
  await using client = await fixture.connect();
  await client.send(
    "PUT /api2/json/a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
  );
  assertEquals((await client.answer()).head[0], "HTTP/1.1 401 No ticket");
});

Deno.test("without the cluster file system nobody is known, and the first to ask waits longest", async () => {
  const { slept, observed } = observe(scaledClock(100));
  await using fixture = await wireFixture({ clock: observed });
  fixture.wire.setClusterFileSystem(false);
  const waits: number[] = [];
  for (let round = 0; round < 2; round++) {
    await using client = await fixture.connect();
    const start = performance.now();
    await client.send(fixture.request("/api2/json/version"));
    const { head, body } = await client.answer();
    waits.push(performance.now() - start);
    assertEquals(
      head[0],
      "HTTP/1.1 500 RPCEnvironment init request failed: Unable to load access control list: " +
        "Connection refused",
    );
    assertEquals(body, "");
    assertEquals(head.some((line) => line.startsWith("Content-")), false);
  }
  const [first = 0, second = 0] = waits;
  assertGreater(first, 199);
  assertGreater(second, 29);
  assertEquals(slept.filter((ms) => ms === 20_100 || ms === 3_000), [20_100, 3_000]);
  fixture.wire.setClusterFileSystem(true);
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/version"));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
});
