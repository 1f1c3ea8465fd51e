import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../../support/fake_clock.ts";
import { type RawAnswer, RawClient } from "./raw_client.ts";
import { seededRandom } from "../random.ts";
import { stubCall } from "./stub_api.ts";
import { until } from "./until.ts";
import { wireFixture } from "./wire_fixture.ts";

function connectionHeaders({ head }: RawAnswer): string[] {
  return head.filter((line) => line.startsWith("Connection: "))
    .map((line) => line.slice("Connection: ".length));
}

/** Answers on one connection until the server announces its end. */
async function countAnswers(client: RawClient, request: string): Promise<number> {
  for (let count = 1;; count++) {
    await client.send(request);
    const [connection] = connectionHeaders(await client.answer());
    if (connection === "close") return count;
  }
}

Deno.test("the hundredth answer of a connection closes it", async () => {
  await using fixture = await wireFixture({ timeScale: 1 });
  await using client = await fixture.connect();
  assertEquals(await countAnswers(client, fixture.request("/api2/json/version")), 100);
  assertEquals(await client.end(), "");
});

Deno.test("answers of proxied calls carry both Connection headers and the connection stays", async () => {
  await using fixture = await wireFixture({ timeScale: 1 });
  await using client = await fixture.connect();
  for (let round = 0; round < 3; round++) {
    await client.send(fixture.request("/api2/json/nodes/pve/slow"));
    assertEquals(connectionHeaders(await client.answer()), ["close", "Keep-Alive"]);
  }
  assertEquals(fixture.wire.report().traffic.handshakes, 1);
});

Deno.test("the last proxied answer of a connection carries one Connection header", async () => {
  await using fixture = await wireFixture();
  await using client = await fixture.connect();
  await client.send(
    fixture.request("/api2/json/nodes/pve/slow", { headers: ["Connection: close"] }),
  );
  assertEquals(connectionHeaders(await client.answer()), ["close"]);
  assertEquals(await client.end(), "");
});

Deno.test("an idle connection is closed after five seconds, from the last answer on", async () => {
  const clock = new FakeClock();
  await using fixture = await wireFixture({ clock });
  await using client = await fixture.connect();
  for (let round = 0; round < 3; round++) {
    await clock.advance(3_000);
    await client.send(fixture.request("/api2/json/version"));
    await client.answer();
  }
  let ended = false;
  const end = client.end().finally(() => ended = true);
  await clock.advance(4_999);
  // Another connection is answered meanwhile, so the end had time to come.
  await using other = await fixture.connect();
  await other.send(fixture.request("/api2/json/version"));
  await other.answer();
  assertEquals(ended, false);
  await clock.advance(1);
  assertEquals(await end, "");
});

Deno.test("a connection on which a request is at work is not idle", async () => {
  const work = Promise.withResolvers<void>();
  const clock = new FakeClock();
  await using fixture = await wireFixture({
    clock,
    handler: () => ({
      proxied: false,
      route: "/slow",
      run: async () => {
        await work.promise;
        return { status: 200, reason: "OK", body: { data: null } };
      },
    }),
  });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/slow"));
  await fixture.api.asked;
  await clock.advance(60_000);
  work.resolve();
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
  await clock.advance(5_000);
  assertEquals(await client.end(), "");
});

Deno.test("requests sent in one piece are answered one after the other", async () => {
  await using fixture = await wireFixture();
  await using client = await fixture.connect();
  const names = ["a", "b", "c", "d"];
  await client.send(names.map((name) => fixture.request(`/api2/json/${name}`)).join(""));
  for (const name of names) assertEquals((await client.answer()).body, `{"data":["${name}"]}`);
});

Deno.test("a request that comes a byte at a time is answered", async () => {
  await using fixture = await wireFixture({ timeScale: 1 });
  await using client = await fixture.connect();
  const text = fixture.request("/api2/json/a", { method: "PUT", body: "x=1&y=2" });
  for (const byte of text) await client.send(byte);
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
  assertEquals({ ...fixture.api.requests[0]?.params }, { x: "1", y: "2" });
});

Deno.test("a worker retires after a thousand requests and its connections end early", async () => {
  await using fixture = await wireFixture({ seed: 7, timeScale: 1 });
  const request = fixture.request("/api2/json/version");
  const counts: number[] = [];
  // Seven requests more than hundreds, so that a thousandth falls within a connection.
  await using stray = await fixture.connect();
  for (let round = 0; round < 7; round++) {
    await stray.send(request);
    await stray.answer();
  }
  for (let connection = 0; connection < 32; connection++) {
    await using client = await fixture.connect();
    counts.push(await countAnswers(client, request));
  }
  const early = counts.filter((count) => count < 100);
  assert(early.length >= 1, `some connection ended early: ${counts.join(" ")}`);
  assert(counts.every((count) => count <= 100));
});

Deno.test("HTTP/1.0 stays open only when it is asked to", async () => {
  await using fixture = await wireFixture();
  for (
    const [header, expected] of [["", "close"], ["Connection: keep-alive\r\n", "Keep-Alive"]]
  ) {
    await using client = await fixture.connect();
    await client.send(`GET /api2/json/version HTTP/1.0\r\nAuthorization: x\r\n${header}\r\n`);
    const answer = await client.answer();
    assertEquals(answer.head[0], "HTTP/1.0 200 OK");
    assertEquals(connectionHeaders(answer), [expected]);
  }
});

Deno.test("plain HTTP on the TLS port is sent to https, other methods than GET for good", async () => {
  await using fixture = await wireFixture();
  for (
    const [method, status] of [["GET", "301 Moved Permanently"], ["PUT", "308 Permanent Redirect"]]
  ) {
    await using client = await RawClient.connectPlain(fixture.wire.port);
    await client.send(`${method} /api2/json/version?a=b HTTP/1.1\r\nHost: pve:8006\r\n\r\n`);
    const { head } = await client.answer();
    assertEquals(head[0], `HTTP/1.1 ${status}`);
    assert(head.includes("Location: https://pve:8006/api2/json/version?a=b"));
    assertEquals(await client.end(), "");
  }
  assertEquals(fixture.api.requests, []);
});

Deno.test("after its last answer a connection is closed at once, in both directions", async () => {
  await using fixture = await wireFixture({ timeScale: 1 });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/version", { headers: ["Connection: close"] }));
  await until(() => fixture.wire.report().traffic.openConnections === 0);
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
  assertEquals(await client.end(), "");
  assertEquals(fixture.wire.report().traffic.requests, 1);
});

Deno.test("a long last answer arrives whole", async () => {
  const data = "x".repeat(2_000_000);
  await using fixture = await wireFixture({ handler: () => stubCall(data) });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/x", { headers: ["Connection: close"] }));
  assertEquals((await client.answer()).body.length, data.length + '{"data":""}'.length);
});

Deno.test("with many connections open none is kept alive", async () => {
  await using fixture = await wireFixture({ limits: { soft: 1, hard: 500 } });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/version"));
  assertEquals(connectionHeaders(await client.answer()), ["close"]);
});

Deno.test("with too many connections open the next one waits for a place", async () => {
  await using fixture = await wireFixture({ limits: { soft: 480, hard: 1 }, timeScale: 1 });
  const first = await Promise.all([1, 2, 3].map(() => fixture.connect()));
  const late = fixture.connect();
  // A round trip on a connection that has its place: the late one had as much time as this.
  await first[1]?.send(fixture.request("/api2/json/version"));
  await first[1]?.answer();
  assertEquals(fixture.wire.report().traffic.handshakes, 3);
  first[0]?.close();
  const client = await late;
  await client.send(fixture.request("/api2/json/version"));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 200 OK");
});

Deno.test("a client that leaves does not stop the work it ordered", async () => {
  const work = Promise.withResolvers<void>();
  let done = false;
  await using fixture = await wireFixture({
    handler: () => ({
      proxied: true,
      route: "/slow",
      run: async () => {
        await work.promise;
        done = true;
        return { status: 200, reason: "OK", body: { data: null } };
      },
    }),
  });
  const client = await fixture.connect();
  await client.send(fixture.request("/api2/json/slow"));
  await fixture.api.asked;
  client.close();
  await until(() => fixture.wire.report().traffic.openConnections === 0);
  work.resolve();
  await until(() => fixture.wire.report().traffic.inFlight === 0);
  const [row] = fixture.wire.log.rows();
  assertEquals([done, row?.handlerRan, row?.delivered], [true, true, false]);
});

Deno.test("whatever bytes come, the server lives on and keeps nothing", async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  await using fixture = await wireFixture({ timeScale: 200 });
  const pieces = [
    "GET ",
    "PUT ",
    "/api2/json/x",
    "%",
    "?a=b;c",
    " HTTP/1.",
    "1\r\n",
    "0\r\n",
    "\r\n",
  ];
  pieces.push(
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Host: x\r\n",
    ":",
    " ",
    "\0",
    "\xff",
  );
  pieces.push(
    "Content-Type: application/json\r\n",
    "Authorization: x\r\n",
    "{}",
    "Transfer-Encoding: x\r\n",
  );
  for (let round = 0; round < 150; round++) {
    const length = 1 + Math.floor(random() * 25);
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(
      "",
    );
    const client = round % 4 === 0
      ? await RawClient.connectPlain(fixture.wire.port)
      : await fixture.connect();
    try {
      await client.send(text);
      await client.end();
    } catch (error) {
      assert(isBrokenConnection(error), `seed ${seed}: ${error}`);
    }
    client.close();
  }
  await using after = await fixture.connect();
  await after.send(fixture.request("/api2/json/version"));
  assertEquals((await after.answer()).head[0], "HTTP/1.1 200 OK", `seed ${seed}`);
  await after.end();
  const { crashes, traffic } = fixture.wire.report();
  assertEquals([crashes, traffic.inFlight], [[], 0], `seed ${seed}`);
});

function isBrokenConnection(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.UnexpectedEof;
}
