import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import type { ApiAnswer, ApiCall, ApiRequest } from "../seam.ts";
import { type FaultRule, FaultRules } from "./faults.ts";
import { seededRandom } from "../random.ts";
import { until } from "./until.ts";
import { type WireFixture, wireFixture } from "./wire_fixture.ts";

/** A value that calls change: what was saved can be told from what was answered. */
function counter() {
  const state = { saved: 0 };
  const handler = ({ segments, method }: ApiRequest): ApiCall => ({
    proxied: method === "PUT",
    route: `/${segments.join("/")}`,
    run: () => {
      if (method === "PUT") state.saved++;
      const answer: ApiAnswer = { status: 200, reason: "OK", body: { data: "x".repeat(90) } };
      return Promise.resolve(answer);
    },
  });
  return { state, handler };
}

const PUT = { method: "PUT", body: "memory=512" };

/** What a client sees of one PUT under a fault, and whether it was saved. */
async function putUnder(fault: FaultRule["fault"], look: Look) {
  const { state, handler } = counter();
  await using fixture = await wireFixture({ handler, timeScale: 100 });
  fixture.wire.faults.add({ fault });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/config", PUT));
  const seen = await look(client, fixture);
  const [row] = fixture.wire.log.rows();
  assertEquals(fixture.wire.report().crashes, []);
  return { seen, saved: state.saved, row };
}

type Look = (
  client: Awaited<ReturnType<WireFixture["connect"]>>,
  fixture: WireFixture,
) => Promise<unknown>;

const statusLine: Look = async (client) => (await client.answer()).head[0];

Deno.test("a reset before the call leaves the work undone, one after it does not", async () => {
  for (
    const [kind, saved] of [["reset_before", 0], ["reset_during", 1], ["reset_after", 1]] as const
  ) {
    const outcome = await putUnder(
      { kind },
      (client) => assertRejects(() => client.answer(), Deno.errors.ConnectionReset),
    );
    assertEquals(outcome.saved, saved, kind);
    assertEquals(outcome.row?.handlerRan, saved === 1, kind);
    assertEquals(outcome.row?.delivered, false, kind);
    assertEquals(outcome.row?.status, undefined, kind);
  }
});

Deno.test("a PUT can answer 500 and be saved all the same", async () => {
  const outcome = await putUnder(
    { kind: "status", status: 500, reason: "unable to open bridge", run: true },
    async (client) => {
      const { head, body } = await client.answer();
      return [head[0], JSON.parse(body)];
    },
  );
  assertEquals(outcome.seen, [
    "HTTP/1.1 500 unable to open bridge",
    { data: null, message: "unable to open bridge\n" },
  ]);
  assertEquals(outcome.saved, 1);
  assertEquals([outcome.row?.handlerRan, outcome.row?.delivered], [true, true]);
});

Deno.test("a status of the gateway comes with an empty body, and nothing was done", async () => {
  for (const status of [595, 596, 599]) {
    const outcome = await putUnder({ kind: "status", status }, async (client) => {
      const { head, body } = await client.answer();
      return [head[0]?.split(" ")[1], body, head.some((line) => line.startsWith("Content-"))];
    });
    assertEquals(outcome.seen, [String(status), "", false]);
    assertEquals(outcome.saved, 0);
  }
});

Deno.test("a reason phrase may hold control characters", async () => {
  const outcome = await putUnder(
    { kind: "status", status: 500, reason: "\x1b[2J\x07", run: false },
    statusLine,
  );
  assertEquals(outcome.seen, "HTTP/1.1 500 \x1b[2J\x07");
});

Deno.test("a truncated answer promises more than it brings", async () => {
  const outcome = await putUnder({ kind: "truncate", keep: 0.5 }, async (client) => {
    const { head, body } = await client.answer();
    return [head.find((line) => line.startsWith("Content-Length")), body.length];
  });
  assertEquals(outcome.seen, ["Content-Length: 101", 50]);
  assertEquals([outcome.saved, outcome.row?.delivered], [1, false]);
});

Deno.test("a page can come instead of JSON", async () => {
  const outcome = await putUnder({ kind: "html", status: 502 }, async (client) => {
    const { head, body } = await client.answer();
    return [head[0], body.slice(0, 15)];
  });
  assertEquals(outcome.seen, ["HTTP/1.1 502 Bad Gateway", "<!DOCTYPE html>"]);
  assertEquals(outcome.saved, 0);
});

Deno.test("an answer can come a byte at a time", async () => {
  const outcome = await putUnder({ kind: "drip", every_ms: 10 }, async (client) => {
    return (await client.answer()).body.length;
  });
  assertEquals([outcome.seen, outcome.saved], [101, 1]);
});

Deno.test("an answer can never come, with the work done or not", async () => {
  for (const run of [true, false]) {
    const { state, handler } = counter();
    await using fixture = await wireFixture({ handler });
    fixture.wire.faults.add({ method: "PUT", fault: { kind: "silence", run } });
    await using mute = await fixture.connect();
    await mute.send(fixture.request("/api2/json/config", PUT));
    await fixture.api.asked;
    // Another connection is served meanwhile, and ten idle limits pass.
    await using other = await fixture.connect();
    await other.send(fixture.request("/api2/json/version"));
    assertEquals((await other.answer()).head[0], "HTTP/1.1 200 OK");
    await other.end();
    assertEquals(state.saved, run ? 1 : 0);
    assertEquals(fixture.wire.report().traffic.inFlight, 1);
    assertEquals(fixture.wire.report().traffic.openConnections >= 1, true);
  }
});

Deno.test("a connection can end in an orderly way without an answer", async () => {
  const outcome = await putUnder({ kind: "close" }, (client) => client.end());
  assertEquals([outcome.seen, outcome.saved], ["", 0]);
});

Deno.test("a huge body is as long as it says and is JSON", async () => {
  const bytes = 300_000;
  const outcome = await putUnder({ kind: "huge_body", bytes }, async (client) => {
    const { head, body } = await client.answer();
    return [
      head.find((line) => line.startsWith("Content-Length")),
      body.length,
      Object.keys(JSON.parse(body)),
    ];
  });
  assertEquals(outcome.seen, [`Content-Length: ${bytes}`, bytes, ["data"]]);
});

Deno.test("a huge head comes before the right answer", async () => {
  const outcome = await putUnder({ kind: "huge_head", bytes: 50_000 }, async (client) => {
    const { head, body } = await client.answer();
    return head.join("\r\n").length >= 50_000 && JSON.parse(body).data.length;
  });
  assertEquals(outcome.seen, 90);
});

Deno.test("a delay in pvedaemon past thirty seconds is a 596 whose work is done later", async () => {
  const { state, handler } = counter();
  await using fixture = await wireFixture({ handler, timeScale: 400 });
  fixture.wire.faults.add({ fault: { kind: "delay", ms: 60_000 } });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/config", PUT));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Connection timed out");
  assertEquals(state.saved, 0);
  await until(() => state.saved === 1);
});

Deno.test("a worker that hangs costs one worker until pvedaemon is restarted", async () => {
  const { state, handler } = counter();
  await using fixture = await wireFixture({ handler, timeScale: 400 });
  fixture.wire.faults.add({ count: 1, fault: { kind: "hang_worker" } });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/config", PUT));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Connection timed out");
  assertEquals([state.saved, fixture.wire.report().pvedaemon.busy], [0, 1]);
  fixture.wire.restartDaemon(0);
  assertEquals(fixture.wire.report().pvedaemon.busy, 0);
});

Deno.test("pvedaemon can be restarted in the middle of a call", async () => {
  let restarts = 0;
  const { state, handler } = counter();
  await using fixture = await wireFixture({ handler, onDaemonRestart: () => restarts++ });
  fixture.wire.faults.add({ count: 1, fault: { kind: "restart", down_ms: 1000 } });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/config", PUT));
  assertEquals((await client.answer()).head[0], "HTTP/1.1 596 Unexpected end-of-file");
  assertEquals([state.saved, restarts], [1, 1]);
  await using after = await fixture.connect();
  await after.send(fixture.request("/api2/json/config", PUT));
  assertEquals((await after.answer()).head[0], "HTTP/1.1 595 Connection refused");
});

const SUBJECT = { method: "GET", route: "/nodes/{node}/lxc", path: "/nodes/pve/lxc" };

function struckRounds(rule: unknown, rounds: number, seed = 1): number[] {
  const rules = new FaultRules(seededRandom(seed));
  rules.add(rule);
  const struck: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    if (rules.strike(SUBJECT) !== undefined) struck.push(round);
  }
  return struck;
}

Deno.test("rules match by method, route, path, count and nth", () => {
  const fault = { kind: "reset_after" };
  const cases: [object, number[]][] = [
    [{}, [1, 2, 3]],
    [{ method: "GET" }, [1, 2, 3]],
    [{ method: "PUT" }, []],
    [{ route: "/nodes/{node}/lxc" }, [1, 2, 3]],
    [{ route: "/nodes/pve/lxc" }, []],
    [{ path: "^/nodes/[^/]+/lxc$" }, [1, 2, 3]],
    [{ path: "qemu" }, []],
    [{ count: 1 }, [1]],
    [{ nth: 2 }, [2, 3]],
    [{ nth: 2, count: 1 }, [2]],
    [{ probability: 0 }, []],
  ];
  for (const [rule, expected] of cases) {
    assertEquals(struckRounds({ ...rule, fault }, 3), expected, JSON.stringify(rule));
  }
});

Deno.test("a rule for one guest strikes what names it, in whichever way", () => {
  const rules = new FaultRules(seededRandom(1));
  rules.add({ guest: 201, fault: { kind: "reset_after" } });
  const strikes = (path: string, params: Record<string, string> = {}) =>
    rules.strike({ method: "GET", route: undefined, path, params }) !== undefined;
  const upid = (id: string) => `UPID:pve:0000ABCD:0020100C:65000201:vzstart:${id}:a@pve!b:`;
  const named = [
    ["/nodes/pve/lxc/201", {}],
    ["/nodes/pve/lxc/201/status/current", {}],
    [`/nodes/pve/tasks/${upid("201")}/status`, {}],
    [`/nodes/pve/tasks/${upid("201@local")}/status`, {}],
    ["/nodes/pve/storage/local/content/local:backup/vzdump-lxc-201-2026_11_20.tar", {}],
    ["/nodes/pve/tasks", { vmid: "201" }],
  ] as const;
  for (const [path, params] of named) assert(strikes(path, params), path);
  const others = [
    ["/nodes/pve/lxc", {}],
    ["/nodes/pve/lxc/2010", {}],
    [`/nodes/pve/tasks/${upid("202")}/status`, {}],
    ["/nodes/pve/tasks", { vmid: "202" }],
  ] as const;
  for (const [path, params] of others) assert(!strikes(path, params), path);
});

Deno.test("a rule that waits for a change lets by what came before it", () => {
  const rules = new FaultRules(seededRandom(1));
  rules.add({ guest: 201, once_changed: true, method: "GET", fault: { kind: "reset_after" } });
  const strikes = (method: string, vmid: number) =>
    rules.strike({ method, route: undefined, path: `/nodes/pve/lxc/${vmid}` }) !== undefined;
  const asked = [["GET", 201], ["PUT", 202], ["GET", 201], ["PUT", 201], ["GET", 202], [
    "GET",
    201,
  ]];
  assertEquals(
    asked.map(([method, vmid]) => strikes(String(method), Number(vmid))),
    [false, false, false, false, false, true],
  );
});

Deno.test("the same seed strikes the same requests, another seed others", () => {
  const rule = { probability: 0.3, fault: { kind: "reset_after" } };
  const first = struckRounds(rule, 1000, 42);
  assertEquals(struckRounds(rule, 1000, 42), first);
  assert(first.length > 230 && first.length < 370, `${first.length} of 1000 at 0.3`);
  assert(JSON.stringify(struckRounds(rule, 1000, 43)) !== JSON.stringify(first));
});

Deno.test("a rule that is none is refused with its place", () => {
  const rules = new FaultRules(seededRandom(1));
  for (
    const [rule, place] of [
      [{ fault: { kind: "nonsense" } }, "kind"],
      [{ fault: { kind: "delay" } }, "ms"],
      [{ fault: { kind: "close" }, colour: "red" }, "colour"],
      [{ fault: { kind: "close" }, path: "(" }, "path"],
      [{ fault: { kind: "status", status: 1000 } }, "status"],
    ] as const
  ) {
    assertThrows(() => rules.add(rule), z.ZodError, place);
  }
  assertEquals(rules.list(), []);
});
