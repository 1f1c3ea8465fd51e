import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Link } from "../../src/daemon/link.ts";
import { type FromDaemon, fromDaemon, type ToDaemon, toDaemon } from "../../src/daemon/messages.ts";
import { supervise } from "../../src/daemon/supervise.ts";
import { FelhomError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A daemon that does what it is told, as long as it is not silenced. */
interface Played {
  readonly link: Link<FromDaemon, ToDaemon>;
  readonly clock: FakeClock;
  readonly told: AbortController;
  readonly ended: Promise<void>;
}

async function play(scene: (played: Played) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  using ours = new Link<ToDaemon, FromDaemon>(port1, fromDaemon);
  using theirs = new Link<FromDaemon, ToDaemon>(port2, toDaemon);
  const clock = new FakeClock();
  const told = new AbortController();
  const ended = supervise(ours, { clock, log: silentLogger, signal: told.signal });
  ended.catch(() => {});
  await scene({ link: theirs, clock, told, ended });
}

/** Answers pings until another message comes, and gives that back. */
async function answerPings(link: Played["link"], pings: number): Promise<void> {
  for (let count = 0; count < pings; count++) {
    assertEquals((await link.next()).kind, "ping");
    link.send({ kind: "pong" });
  }
}

Deno.test("A daemon that answers is left alone, however long it runs", async () => {
  await play(async ({ link, clock, told, ended }) => {
    await answerPings(link, 1);
    for (let minute = 0; minute < 30; minute++) {
      await clock.advance(2_000);
      await answerPings(link, 1);
      // Lets the answer arrive: it takes a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    told.abort();
    assertEquals((await link.next()).kind, "stop");
    link.send({ kind: "stopped" });
    await ended;
  });
});

Deno.test("A daemon that falls silent ends the process after the limit, not before", async () => {
  await play(async ({ link, clock, ended }) => {
    await answerPings(link, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (let step = 0; step < 10; step++) await clock.advance(2_000);
    assertEquals(clock.sleeping, 1);
    await clock.advance(2_000);
    const error = await assertRejects(() => ended, FelhomError);
    assertEquals(error.code, "daemon.died");
    assertStringIncludes(error.message, "said nothing for 20000 ms");
    assertEquals(clock.sleeping, 0);
  });
});

Deno.test("A daemon that does not stop when it is told to is given up", async () => {
  await play(async ({ clock, told, ended }) => {
    told.abort();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.advance(10_000);
    const error = await assertRejects(() => ended, FelhomError);
    assertStringIncludes(error.message, "did not stop within 10000 ms");
  });
});

const LAST_WORDS: Readonly<Record<string, { says: FromDaemon; code: string }>> = {
  "stops by itself": { says: { kind: "stopped" }, code: "daemon.died" },
  "says twice that it is sealed": {
    says: {
      kind: "sealed",
      report: {
        isolate: "daemon",
        held: { net: [], read: [], write: [], env: [], run: [], sys: [], ffi: [], import: [] },
        removed: [],
        probes: [],
        tookMs: 0,
      },
    },
    code: "internal.bug",
  },
  "fails": {
    says: { kind: "failed", error: { code: "state.unusable", message: "The disk is full" } },
    code: "state.unusable",
  },
};

for (const [name, { says, code }] of Object.entries(LAST_WORDS)) {
  Deno.test(`A daemon that ${name} ends the process with ${code}`, async () => {
    await play(async ({ link, ended }) => {
      link.send(says);
      assertEquals((await assertRejects(() => ended, FelhomError)).code, code);
    });
  });
}
