import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { askDaemon } from "../../src/control/client.ts";
import { listenControl } from "../../src/control/listen.ts";
import { LISTENER_LIMITS } from "../../src/control/listener_class.ts";
import { CONTROL_LIMITS } from "../../src/control/protocol.ts";
import { DOCUMENT_RATE, RATES } from "../../src/control/rates.ts";
import type { ControlHandlers } from "../../src/control/server.ts";
import { FelhomError } from "../../src/errors.ts";
import { LINE_LIMITS } from "../../src/log/held_back.ts";
import { type Logger, silentLogger } from "../../src/log/logger.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { withControl } from "./support/control_host.ts";
import { until } from "../sim/wire/until.ts";

/** A socket in a folder of its own, served by a handler of `status`. */
function withServer(
  test: (path: string, clock: FakeClock) => Promise<void>,
  handlers: Partial<ControlHandlers> = {},
): Promise<void> {
  return withControl(handlers, ({ path, clock }) => test(path, clock));
}

/** Sends bytes and answers with everything that comes back. */
async function send(path: string, bytes: string | Uint8Array): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  try {
    for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
    await connection.closeWrite();
  } catch (error) {
    // The server may hang up before it has read what is too much.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  return await readAll(connection);
}

/** As {@linkcode readAll}, of a connection that has to end: one that stays open fails the test. */
async function readToEnd(connection: Deno.UnixConn): Promise<string> {
  let text: string | undefined;
  const reading = readAll(connection).then((all) => void (text = all));
  // Looked at by whoever awaits it below; until then it is nobody's.
  reading.catch(() => {});
  try {
    await until(() => text !== undefined);
  } catch (error) {
    connection.close();
    await reading.catch(() => {});
    throw error;
  }
  return text ?? "";
}

/** Closes a connection, whoever closed it before. */
function hangUp(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

async function readAll(connection: Deno.UnixConn): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return text;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return text;
    throw error;
  }
}

Deno.test("A request gets its answer", async () => {
  await withServer(async (path) => {
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
  });
});

const BAD: Readonly<Record<string, { bytes: string | Uint8Array; says: string }>> = {
  "nothing at all": { bytes: "", says: "without a word" },
  "half a line": { bytes: '{"v":1', says: "in the middle of a line" },
  "no JSON": { bytes: "hello\n", says: "not JSON" },
  "another version": { bytes: '{"v":2,"id":"a","op":"status"}\n', says: "not understood" },
  "an unknown operation": { bytes: '{"v":1,"id":"a","op":"destroy"}\n', says: "not understood" },
  "an unknown key": { bytes: '{"v":1,"id":"a","op":"status","x":1}\n', says: "not understood" },
  "no id": { bytes: '{"v":1,"op":"status"}\n', says: "not understood" },
  "an id too long": {
    bytes: `{"v":1,"id":"${"a".repeat(65)}","op":"status"}\n`,
    says: "not understood",
  },
  "an array": { bytes: "[]\n", says: "not understood" },
  "two requests": {
    bytes: '{"v":1,"id":"a","op":"status"}\n{"v":1,"id":"b","op":"status"}\n',
    says: "More than one line",
  },
  "no UTF-8": { bytes: new Uint8Array([0x22, 0xff, 0x22, 0x0a]), says: "not UTF-8" },
  "a line too long": {
    bytes: `"${"a".repeat(CONTROL_LIMITS.requestBytes)}"\n`,
    says: "more than 65536 bytes",
  },
};

for (const [name, { bytes, says }] of Object.entries(BAD)) {
  Deno.test(`A malformed request is refused, and the server goes on: ${name}`, async () => {
    let called = 0;
    await withServer(async (path) => {
      const answer = await send(path, bytes);
      // Who sends too much may be cut off before the refusal reaches him.
      if (answer !== "" || name !== "a line too long") assertStringIncludes(answer, says);
      assertEquals(called, 0);
      await askDaemon(path, { op: "status" });
      assertEquals(called, 1);
    }, { status: () => ++called });
  });
}

Deno.test("A client that says nothing is cut off after half a second", async () => {
  await withServer(async (path, clock) => {
    const connection = await Deno.connect({ transport: "unix", path });
    await until(() => clock.sleeping > 0);
    await clock.advance(CONTROL_LIMITS.firstByteMs);
    assertEquals(await readToEnd(connection), "");
    connection.close();
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
  });
});

Deno.test("A client that has begun has the time for its whole request, and no more", async () => {
  const { firstByteMs, exchangeMs } = CONTROL_LIMITS;
  await withServer(async (path, clock) => {
    const begin = async (text: string) => {
      const connection = await Deno.connect({ transport: "unix", path });
      await connection.write(new TextEncoder().encode(text));
      return connection;
    };
    using whole = await begin('{"v":1,"id":"a",');
    const half = await begin('{"v":1,');
    // Both were read once the third, which came after them, has its answer.
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    await until(() => clock.sleeping === 2);
    await clock.advance(firstByteMs);
    await until(() => clock.sleeping === 2);
    await whole.write(new TextEncoder().encode('"op":"status"}\n'));
    assertStringIncludes(await readAll(whole), '"fine":true');
    await clock.advance(exchangeMs - firstByteMs);
    assertEquals(await readToEnd(half), "");
    half.close();
  });
});

Deno.test("Connections without a word lock nobody out: the oldest of them goes", async () => {
  await withServer(async (path, clock) => {
    const idle: Deno.UnixConn[] = [];
    for (let count = 0; count < LISTENER_LIMITS.operators.connections; count++) {
      idle.push(await Deno.connect({ transport: "unix", path }));
      await until(() => clock.sleeping > count);
    }
    // The clock stands still: nobody is cut off for the time it takes.
    for (let asked = 0; asked < 3; asked++) {
      assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    }
    const [oldest, ...others] = idle;
    assertEquals(oldest === undefined ? "" : await readAll(oldest), "");
    // One place was enough for one after the other; the others can ask still.
    for (const connection of others) {
      await connection.write(new TextEncoder().encode('{"v":1,"id":"a","op":"status"}\n'));
      assertStringIncludes(await readAll(connection), '"fine":true');
    }
    for (const connection of idle) connection.close();
  });
});

Deno.test("Half a request holds its place as long as there is another, and a whole one until its answer", async () => {
  const release = Promise.withResolvers<string>();
  const { connections } = LISTENER_LIMITS.operators;
  await withControl({ why: () => release.promise }, async ({ path, clock }) => {
    const opened: Deno.UnixConn[] = [];
    const open = async (text: string) => {
      const connection = await Deno.connect({ transport: "unix", path });
      opened.push(connection);
      await connection.write(new TextEncoder().encode(text));
      return connection;
    };
    using _end = { [Symbol.dispose]: () => (release.resolve("done"), opened.forEach(hangUp)) };
    const half: Deno.UnixConn[] = [];
    const working: Deno.UnixConn[] = [];
    // The first ones are at work: the oldest, and yet not to be dropped.
    for (let count = 0; count < connections / 2; count++) {
      working.push(await open('{"v":1,"id":"a","op":"why","vmid":100}\n'));
    }
    for (let count = 0; count < connections / 2; count++) half.push(await open('{"v":1,'));
    await until(() => clock.sleeping === connections);
    // The clock stands still: halves that are renewed again and again are no younger than these.
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    const [oldest, ...others] = half;
    assert(oldest !== undefined);
    assertEquals(await readToEnd(oldest), "");
    for (const connection of others) {
      await connection.write(new TextEncoder().encode('"id":"a","op":"status"}\n'));
      assertStringIncludes(await readAll(connection), '"fine":true');
    }
    release.resolve("done");
    for (const connection of working) assertStringIncludes(await readAll(connection), '"done"');
  });
});

Deno.test("Who does not take his answer goes before one more is turned away, and who is at work stays", async () => {
  const release = Promise.withResolvers<string>();
  const { connections } = LISTENER_LIMITS.operators;
  const large = "x".repeat(4 * 1024 * 1024);
  await withControl({ why: () => release.promise, journal: () => large }, async (host) => {
    const { path, clock } = host;
    const opened: Deno.UnixConn[] = [];
    const open = async (text: string) => {
      const connection = await Deno.connect({ transport: "unix", path });
      opened.push(connection);
      await connection.write(new TextEncoder().encode(text));
      return connection;
    };
    // However this ends: the server waits for whoever takes his time.
    using _end = { [Symbol.dispose]: () => (release.resolve("done"), opened.forEach(hangUp)) };
    const working = await open('{"v":1,"id":"a","op":"why","vmid":100}\n');
    const takers: Deno.UnixConn[] = [];
    while (takers.length < connections - 1) {
      takers.push(await open('{"v":1,"id":"a","op":"journal","limit":1}\n'));
    }
    await until(() => clock.sleeping === connections);
    const ask = () => askDaemon(path, { op: "status" });
    assertStringIncludes((await assertRejects(ask, FelhomError)).message, "Too many connections");
    await clock.advance(50);
    assertEquals(await ask(), { fine: true });
    const [oldest, next] = takers;
    assert(oldest !== undefined && next !== undefined);
    assert((await readAll(oldest).catch(() => "")).length < large.length);
    assert((await readAll(next)).length > large.length);
    release.resolve("done");
    assertStringIncludes(await readAll(working), '"done"');
  });
});

Deno.test("A flood of what is refused makes a few lines, which say how large it was", async () => {
  const lines: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => lines.push(message) };
  await withControl({}, async ({ path, clock }) => {
    const flood = 50;
    for (let count = 0; count < flood; count++) await send(path, "junk\n");
    const { lines: written, windowMs } = LINE_LIMITS;
    assertEquals(lines, Array.from({ length: written }, () => "Refused a request"));
    await until(() => clock.sleeping === 1);
    await clock.advance(windowMs);
    assertEquals(lines.slice(written), [`${flood - written} more refusals in the last minute`]);
    await send(path, "junk\n");
    assertEquals(lines.slice(written + 1), ["Refused a request"]);
  }, { log });
});

Deno.test("What a flood was is told when the server closes, too", async () => {
  const lines: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => lines.push(message) };
  await withControl({}, async ({ path }) => {
    for (let count = 0; count <= LINE_LIMITS.lines; count++) await send(path, "junk\n");
  }, { log });
  assertEquals(lines.at(-1), "1 more refusals in the last minute");
});

Deno.test("What is asked for too often is refused, says when to come again, and is not done", async () => {
  let asked = 0;
  await withControl({ state_ack: () => ++asked }, async ({ path, clock }) => {
    const ask = () => askDaemon(path, { op: "state_ack" });
    for (let count = 0; count < RATES.state_ack.burst; count++) await ask();
    const refused = await assertRejects(ask, FelhomError);
    assertEquals([refused.code, refused.retry], ["control.too_often", "safe"]);
    assertStringIncludes(refused.hint ?? "", "Try again in 10 s.");
    assertEquals(asked, RATES.state_ack.burst);
    // Others go on; and so does this, when it was said.
    assertEquals(await askDaemon(path, { op: "status" }), { fine: true });
    await clock.advance(10_000);
    assertEquals(await ask(), RATES.state_ack.burst + 1);
  });
});

Deno.test("Junk takes no turn of what is signed, however much of it comes and whatever else is signed", async () => {
  const taken: string[] = [];
  const submit = ({ document }: { readonly document: string }) => taken.push(document);
  const isSigned = (document: string) => document.startsWith("signed");
  await withControl({ submit }, async ({ path, clock }) => {
    const hand = (document: string) =>
      askDaemon(path, { op: "submit", document, signatures: ["x"] });
    const tooOften = async (document: string) => {
      const refused = await assertRejects(() => hand(document), FelhomError);
      assertEquals(refused.code, "control.too_often");
    };
    for (let nth = 0; nth < RATES.submit.burst; nth++) await hand(`junk ${nth}`);
    for (let nth = 0; nth < 10; nth++) await tooOften(`junk again ${nth}`);
    // The clock stands still. Who has a signed document cannot take the turns of another one either.
    for (let nth = 0; nth < DOCUMENT_RATE.burst; nth++) await hand("signed once");
    await tooOften("signed once");
    for (let nth = 0; nth < 2 * RATES.submit.burst; nth++) await hand(`signed ${nth}`);
    await clock.advance(DOCUMENT_RATE.everyMs);
    await hand("signed once");
    await hand("junk later");
    await tooOften("junk later still");
  }, { signedBy: ({ document }) => Promise.resolve(isSigned(document) ? ["anna"] : []) });
  assertEquals(taken.filter(isSigned).length, DOCUMENT_RATE.burst + 2 * RATES.submit.burst + 1);
});

Deno.test("Who has a document with one signature of two takes no turn of who has both", async () => {
  const taken: number[] = [];
  const submit = ({ signatures }: { readonly signatures: readonly string[] }) =>
    taken.push(signatures.length);
  await withControl({ submit }, async ({ path }) => {
    const hand = (...signatures: string[]) =>
      askDaemon(path, { op: "submit", document: "signed", signatures });
    for (let nth = 0; nth < DOCUMENT_RATE.burst; nth++) await hand("anna");
    assertEquals((await assertRejects(() => hand("anna"), FelhomError)).code, "control.too_often");
    await hand("anna", "bela");
  }, { signedBy: ({ signatures }) => Promise.resolve(signatures) });
  assertEquals(taken, [...new Array(DOCUMENT_RATE.burst).fill(1), 2]);
});

Deno.test("What is signed has places of its own beside all that takes long", async () => {
  const release = Promise.withResolvers<string>();
  const handlers = { apply: () => release.promise, submit: () => "taken" };
  await withControl(handlers, async ({ path, clock }) => {
    const { long } = LISTENER_LIMITS.operators;
    const apply = () => askDaemon(path, { op: "apply", text: "", dry_run: true });
    using _end = { [Symbol.dispose]: () => release.resolve("done") };
    const applied = Array.from({ length: long }, apply);
    await until(() => clock.sleeping === long);
    const hand = (document: string) =>
      askDaemon(path, { op: "submit", document, signatures: ["x"] });
    const refused = await assertRejects(() => hand("junk"), FelhomError);
    assertStringIncludes(refused.message, "Too many long requests at once");
    assertEquals(await hand("signed"), "taken");
    release.resolve("done");
    await Promise.all(applied);
  }, { signedBy: ({ document }) => Promise.resolve(document === "signed" ? ["anna"] : []) });
});

Deno.test("A handler that fails says nothing of its inside", async () => {
  await withServer(async (path) => {
    const error = await assertRejects(() => askDaemon(path, { op: "status" }), FelhomError);
    assertEquals(error.code, "internal.bug");
    assert(!error.message.includes("secret"));
  }, {
    status: () => {
      throw new Error("a secret");
    },
  });
});

Deno.test("A socket that nobody serves is replaced; one that is served is not", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/control.sock`;
  try {
    const left = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--unstable-net",
        `Deno.listen({ transport: "unix", path: "${path}" }); Deno.kill(Deno.pid, "SIGKILL")`,
      ],
      stderr: "null",
    });
    await left.output();
    assert((await Deno.lstat(path)).isSocket);
    const listener = await listenControl(path);
    try {
      const error = await assertRejects(() => listenControl(path), FelhomError);
      assertEquals(error.code, "daemon.running");
      assertEquals(((await Deno.lstat(path)).mode ?? 0) & 0o777, 0o660);
    } finally {
      listener.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("What lies in the socket's place and is none stays there", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/control.sock`;
  try {
    await Deno.writeTextFile(path, "mine");
    const error = await assertRejects(() => listenControl(path), FelhomError);
    assertEquals(error.code, "control.unusable");
    assertEquals(await Deno.readTextFile(path), "mine");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const ANSWERS: Readonly<Record<string, { answer: string; code: string }>> = {
  "no JSON": { answer: "what?\n", code: "control.protocol" },
  "nothing": { answer: "", code: "control.protocol" },
  "half an answer": { answer: '{"v":1', code: "control.protocol" },
  "another version": {
    answer: '{"v":9,"id":"a","ok":true,"result":1}\n',
    code: "control.protocol",
  },
  "somebody else's answer": {
    answer: '{"v":1,"id":"a","ok":true,"result":1}\n',
    code: "control.protocol",
  },
  "an unknown error code": {
    answer: '{"v":1,"id":"a","ok":false,"error":{"code":"x.y","message":"m"}}\n',
    code: "control.protocol",
  },
};

for (const [name, { answer, code }] of Object.entries(ANSWERS)) {
  Deno.test(`A client does not take what is no answer: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/control.sock`;
    const listener = Deno.listen({ transport: "unix", path });
    const served = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(1024));
      if (answer !== "") await connection.write(new TextEncoder().encode(answer));
    })();
    try {
      const error = await assertRejects(() => askDaemon(path, { op: "status" }), FelhomError);
      assertEquals(error.code, code);
      await served;
    } finally {
      listener.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("A daemon that never answers costs a client no more than the limit", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/control.sock`;
  using listener = Deno.listen({ transport: "unix", path });
  const clock = new FakeClock();
  const asked = assertRejects(
    () => askDaemon(path, { op: "status" }, { limitMs: 700, clock }),
    FelhomError,
  );
  using _connection = await listener.accept();
  await until(() => clock.sleeping > 0);
  await clock.advance(700);
  assertStringIncludes((await asked).message, "within 700 ms");
  await Deno.remove(folder, { recursive: true });
});
