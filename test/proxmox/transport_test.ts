import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Socket } from "node:net";
import { Secret } from "../../src/config/secret.ts";
import { FelhomError } from "../../src/errors.ts";
import { createReads, type Envelope, parseVmid, TransportError } from "../../src/proxmox/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { connectTo, TOKEN_ID, TOKEN_SECRET } from "./support/client.ts";
import { apiAnswer, type RawAnswer, type RawRequest, startServer } from "./support/server.ts";

const CONFIG = { data: { digest: "749e6f33a127c8f5bc0511e6f61867f48be40208", memory: 512 } };
const STATUS = { data: { vmid: 101, status: "running" } };
/** What pveproxy says on an answer it got from pvedaemon, while it keeps the connection. */
const PROXIED = ["Connection: close", "Connection: Keep-Alive"];
const vmid = parseVmid(101);

/** Answers like pveproxy: inline calls with one Connection header, proxied ones with both. */
const pveproxy: RawAnswer = (socket, { line }) => {
  const proxied = line.includes("/status/current");
  socket.write(
    apiAnswer(proxied ? STATUS : CONFIG, { head: proxied ? PROXIED : ["Connection: Keep-Alive"] }),
  );
};

Deno.test("90 mixed reads, proxied ones included, take one TLS handshake", async () => {
  await using server = await startServer(pveproxy);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  for (let round = 0; round < 45; round++) {
    await reads.guestConfig(vmid);
    await reads.guestStatus(vmid);
  }
  assertEquals(server.requests.length, 90);
  assertEquals([server.handshakes, server.connections], [1, 1]);
  assertEquals(client.transport.connections, { handshakes: 1, open: 1 });
});

Deno.test("a connection retires before the server's 100th answer would end it", async () => {
  await using server = await startServer(pveproxy);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  for (let round = 0; round < 250; round++) await reads.guestConfig(vmid);
  const perConnection = new Map<number, number>();
  for (const { connection } of server.requests) {
    perConnection.set(connection, (perConnection.get(connection) ?? 0) + 1);
  }
  assertEquals([...perConnection.values()], [99, 99, 52]);
});

Deno.test("an idle connection ends before the server's 5 s", async () => {
  await using server = await startServer(pveproxy);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  await reads.version().catch(() => {}); // The answer has no version; it is answered all the same.
  const start = performance.now();
  while (client.transport.connections.open > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertLess(performance.now() - start, 4_900);
  }
  assertGreater(performance.now() - start, 3_000);
});

Deno.test("the end of idle connections is not the end of slow answers", async () => {
  await using server = await startServer((socket, request) => {
    setTimeout(() => pveproxy(socket, request), 4_600);
  });
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  const configs = await Promise.all([reads.guestConfig(vmid), reads.guestConfig(vmid)]);
  assertEquals(configs.map(({ memory }) => memory), [512, 512]);
  assertEquals(server.requests.length, 2);
});

Deno.test("a connection that the server really closes is not used again", async () => {
  await using server = await startServer((socket) => {
    socket.end(apiAnswer(CONFIG, { head: ["Connection: close"] }));
  });
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  for (let round = 0; round < 3; round++) await reads.guestConfig(vmid);
  assertEquals(server.handshakes, 3);
});

/** A server that holds every request until it is told to answer. */
function holding(): { readonly answer: RawAnswer; readonly held: (() => void)[] } {
  const held: (() => void)[] = [];
  return { held, answer: (socket, request) => held.push(() => pveproxy(socket, request)) };
}

async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    assertLess(performance.now() - start, 5_000, "still waiting");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

Deno.test("never more than 2 proxied calls are in flight, in the order they came", async () => {
  let inFlight = 0;
  let highest = 0;
  const seen: string[] = [];
  await using server = await startServer((socket, request) => {
    seen.push(/lxc\/(\d+)/.exec(request.line)?.[1] ?? "");
    highest = Math.max(highest, ++inFlight);
    setTimeout(() => {
      inFlight--;
      pveproxy(socket, request);
    }, 5);
  });
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  const vmids = Array.from({ length: 20 }, (_, index) => parseVmid(200 + index));
  await Promise.all(vmids.map((each) => reads.guestStatus(each)));
  assertEquals(highest, 2);
  assertEquals(seen, vmids.map(String));
  assertLessOrEqual(server.handshakes, 2);
});

Deno.test("inline reads do not wait for proxied ones, and connections are bounded", async () => {
  const { answer, held } = holding();
  await using server = await startServer((socket, request) => {
    if (request.line.includes("/status/current")) answer(socket, request);
    else setTimeout(() => pveproxy(socket, request), 5);
  });
  using client = connectTo(server, { connections: 4 });
  const reads = createReads(client.transport, { node: "pve" });
  const slow = Array.from({ length: 10 }, () => reads.guestStatus(vmid));
  await until(() => held.length === 2);
  await Promise.all(Array.from({ length: 30 }, () => reads.guestConfig(vmid)));
  assertEquals(held.length, 2);
  assertEquals(server.handshakes, 4);
  const answering = setInterval(() => held.splice(0).forEach((each) => each()), 2);
  await Promise.all(slow);
  clearInterval(answering);
  assertEquals(server.handshakes, 4);
});

Deno.test("the time limit covers waiting for a place, and what waited was not sent", async () => {
  const { answer, held } = holding();
  await using server = await startServer(answer);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  const first = [reads.guestStatus(vmid), reads.guestStatus(vmid)];
  await until(() => held.length === 2);
  const error = await assertRejects(() => reads.guestStatus(vmid, { limitMs: 50 }), TransportError);
  assertEquals([error.code, error.sent], ["proxmox.timeout", "no"]);
  assertStringIncludes(error.message, "no free place within 50 ms");
  held.splice(0).forEach((each) => each());
  await Promise.all(first);
  assertEquals(server.requests.length, 2);
});

Deno.test("an abort ends a call at once, wherever it is", async () => {
  const { answer, held } = holding();
  await using server = await startServer(answer);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  const reason = new Error("enough");

  const before = await assertRejects(
    () => reads.version({ signal: AbortSignal.abort(reason) }),
    TransportError,
  );
  assertEquals([before.code, before.sent, before.cause], ["proxmox.aborted", "no", reason]);
  assertEquals(server.connections, 0);

  const controller = new AbortController();
  const inFlight = [
    reads.guestStatus(vmid, { signal: controller.signal }),
    reads.guestStatus(vmid, { signal: controller.signal }),
  ];
  await until(() => held.length === 2);
  const waiting = reads.guestStatus(vmid, { signal: controller.signal });
  controller.abort(reason);
  for (
    const [call, sent] of [[inFlight[0], "maybe"], [inFlight[1], "maybe"], [waiting, "no"]] as const
  ) {
    const error = await assertRejects(() => call ?? Promise.resolve(), TransportError);
    assertEquals([error.code, error.sent], ["proxmox.aborted", sent]);
  }

  // The places are free again.
  const after = reads.guestStatus(vmid);
  await until(() => held.length === 3);
  held[2]?.();
  await after;
});

Deno.test("closing ends what is in flight and what waits, and later calls", async () => {
  const { answer, held } = holding();
  await using server = await startServer(answer);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  const calls = Array.from({ length: 5 }, () => reads.guestStatus(vmid));
  const outcomes = Promise.allSettled(calls);
  await until(() => held.length === 2);
  client.transport.close();
  for (const outcome of await outcomes) assertEquals(outcome.status, "rejected");
  await assertRejects(() => reads.version(), FelhomError);
  assertEquals(client.transport.connections.open, 0);
});

/** Answers with each of `answers` in turn, the last one over and over. */
function inTurn(...answers: readonly ((socket: Socket, request: RawRequest) => void)[]): RawAnswer {
  let turn = 0;
  return (socket, request) => answers[Math.min(turn++, answers.length - 1)]?.(socket, request);
}

function fails(status: string, message?: string): RawAnswer {
  return (socket) => {
    socket.end(
      message === undefined
        ? `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
        : apiAnswer({ data: null, message }, { status, head: ["Connection: close"] }),
    );
  };
}

const passing: readonly (readonly [string, RawAnswer])[] = [
  ["595 Connection refused", fails("595 Connection refused")],
  ["596 Connection timed out", fails("596 Connection timed out")],
  ["599 Broken", fails("599 Broken")],
  [
    "a lock that was not to be had",
    fails("500 x", "can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout\n"),
  ],
  ["a reset", (socket) => void socket.destroy()],
];

for (const [name, answer] of passing) {
  Deno.test(`a read is tried again after ${name}`, async () => {
    await using server = await startServer(inTurn(answer, answer, pveproxy));
    using client = connectTo(server);
    const config = await createReads(client.transport, { node: "pve" }).guestConfig(vmid);
    assertEquals(config.memory, 512);
    assertEquals(server.requests.length, 3);
  });

  Deno.test(`a read is not tried for ever after ${name}`, async () => {
    await using server = await startServer(answer);
    using client = connectTo(server);
    await assertRejects(
      () => createReads(client.transport, { node: "pve" }).guestConfig(vmid),
      FelhomError,
    );
    assertEquals(server.requests.length, 3);
  });
}

for (
  const [status, message] of [
    ["400 Parameter verification failed.", "Parameter verification failed.\n"],
    ["401 No ticket", undefined],
    ["403 Permission check failed", "Permission check failed\n"],
    ["500 x", "CT 101 not running\n"],
    ["500 x", "nobody has ever seen this text\n"],
    ["501 x", "Method 'GET /x' not implemented"],
  ] as const
) {
  Deno.test(`a read is not tried again after ${status} ${message?.trim() ?? ""}`, async () => {
    await using server = await startServer(fails(status, message));
    using client = connectTo(server);
    await assertRejects(
      () => createReads(client.transport, { node: "pve" }).guestConfig(vmid),
      FelhomError,
    );
    assertEquals(server.requests.length, 1);
  });
}

Deno.test("trying again stays within the time limit", async () => {
  await using server = await startServer(fails("595 Connection refused"));
  const clock = new FakeClock();
  using client = connectTo(server, { clock });
  await assertRejects(
    () => createReads(client.transport, { node: "pve" }).version({ limitMs: 100 }),
    FelhomError,
  );
  assertEquals(clock.monotonic(), 0, "waited, though there was no time left for another try");
  assertEquals(server.requests.length, 1);
});

Deno.test("what is left of the time limit holds for the next try", async () => {
  await using server = await startServer(inTurn(fails("595 Connection refused"), () => {}));
  const clock = new FakeClock();
  using client = connectTo(server, { clock });
  let endedAt: number | undefined;
  const failing = assertRejects(
    () => createReads(client.transport, { node: "pve" }).version({ limitMs: 600 }),
    TransportError,
  ).finally(() => endedAt = clock.monotonic());
  await until(() => server.requests.length === 1);
  while (endedAt === undefined) {
    assertLess(clock.monotonic(), 10_000, "still trying");
    await clock.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals((await failing).code, "proxmox.timeout");
  assertGreaterOrEqual(endedAt, 600);
  assertLess(endedAt, 690);
  assertEquals(server.requests.length, 2);
});

Deno.test("a request carries the token in its header, no cookie, and encodes what it must", async () => {
  await using server = await startServer(pveproxy);
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  await reads.guestConfig(vmid, { live: true });
  await reads.permissions({ path: "/vms/101" }).catch(() => {});
  const [config, permissions] = server.requests;
  assertEquals(config?.line, "GET /api2/json/nodes/pve/lxc/101/config?current=1 HTTP/1.1");
  assertEquals(permissions?.line, "GET /api2/json/access/permissions?path=%2Fvms%2F101 HTTP/1.1");
  const head = config?.head ?? "";
  assertStringIncludes(head, `Authorization: PVEAPIToken=${TOKEN_ID}=${TOKEN_SECRET}`);
  assertEquals(/^(?:cookie|transfer-encoding|csrfpreventiontoken):/im.test(head), false);
});

Deno.test("a token that would end early or break the header is escaped or refused", async () => {
  await using server = await startServer(pveproxy);
  const token = (text: string) => ({ id: TOKEN_ID, text: new Secret(text) });
  {
    using client = connectTo(server, { token: token(`${TOKEN_ID}=a;b%41`) });
    await createReads(client.transport, { node: "pve" }).guestConfig(vmid);
    assertStringIncludes(server.requests[0]?.head ?? "", `PVEAPIToken=${TOKEN_ID}=a%3Bb%2541\r\n`);
  }
  for (
    const text of [
      "",
      "x",
      `${TOKEN_ID}=a\r\nCookie: b`,
      `${TOKEN_ID}=a b`,
      `other@pve!x=${TOKEN_SECRET}`,
    ]
  ) {
    const error = assertThrows(() => connectTo(server, { token: token(text) }), FelhomError);
    assertEquals(error.code, "config.invalid");
    assertEquals(text.length > 1 && error.message.includes(text), false);
  }
});

Deno.test("a request that cannot be made fails, and takes no place with it", async () => {
  await using server = await startServer(pveproxy);
  using client = connectTo(server, {
    address: { host: "127.0.0.1", port: 99_999 },
    connections: 1,
  });
  const reads = createReads(client.transport, { node: "pve" });
  for (let round = 0; round < 3; round++) {
    const error = await assertRejects(() => reads.guestStatus(vmid), TransportError);
    assertEquals([error.code, error.sent], ["internal.bug", "no"]);
  }
});

Deno.test("the node's clock is read from the head of an answer", async () => {
  await using server = await startServer((socket) => {
    socket.write(
      apiAnswer({ data: { version: "9.2" } }, { head: ["Date: Sat, 21 Nov 2026 00:21:16 GMT"] }),
    );
  });
  using client = connectTo(server);
  assertEquals(await createReads(client.transport, { node: "pve" }).nodeTime(), 1795220476);
});

Deno.test("an answer without a date, or with none that can be read, tells no time", async () => {
  for (const head of [[], ["Date: yesterday"]]) {
    await using server = await startServer((socket) => {
      socket.write(apiAnswer({ data: { version: "9.2" } }, { head }));
    });
    using client = connectTo(server);
    const { nodeTime } = createReads(client.transport, { node: "pve" });
    const error = await assertRejects(() => nodeTime(), TransportError, "no date came");
    assertEquals([error.code, error.retry], ["proxmox.malformed", "never"]);
  }
});

Deno.test("an answer says how many rows there are", async () => {
  await using server = await startServer((socket) => {
    socket.write(apiAnswer({ data: [{ n: 3, t: "c" }, { n: 4, t: "d" }], total: 9 }));
  });
  using client = connectTo(server);
  const target = { path: "/x", proxied: false };
  const envelope: Envelope = await client.transport.get(target);
  assertEquals(envelope.total, 9);
  assert(Array.isArray(envelope.data));
});
