import { assertEquals } from "@std/assert";
import { notifyService } from "../../src/daemon/notify.ts";
import { tellService } from "../../src/daemon/tell_service.ts";
import { dueNotes, NOTHING_SAID, watchdogMs } from "../../src/daemon/watchdog.ts";
import { underService } from "../../src/daemon/under_service.ts";
import { statusLine } from "../../src/daemon/status_line.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { until } from "../sim/wire/until.ts";

Deno.test("A watchdog counts only when systemd set it, for this process", () => {
  const cases = [
    [{ usec: "120000000", pid: undefined }, 120_000],
    [{ usec: "120000000", pid: "7" }, 120_000],
    [{ usec: "120000000", pid: "8" }, undefined],
    [{ usec: undefined, pid: "7" }, undefined],
    [{ usec: "0", pid: undefined }, undefined],
    [{ usec: "", pid: undefined }, undefined],
    [{ usec: "-1", pid: undefined }, undefined],
    [{ usec: "1e9", pid: undefined }, undefined],
    [{ usec: "999", pid: undefined }, undefined],
  ] as const;
  for (const [variables, ms] of cases) assertEquals(watchdogMs(variables, 7), ms);
});

Deno.test("A status is said once, on one line, and again when it is another", () => {
  const facts = { now: 0, progress: 0, watchdogMs: undefined };
  const first = dueNotes(NOTHING_SAID, { ...facts, status: "Recovering\nWATCHDOG=1" });
  assertEquals(first.lines, ["STATUS=Recovering WATCHDOG=1"]);
  const again = dueNotes(first.said, { ...facts, status: "Recovering\nWATCHDOG=1" });
  assertEquals(again.lines, []);
  assertEquals(dueNotes(again.said, { ...facts, status: "Running" }).lines, ["STATUS=Running"]);
});

Deno.test("All is well is said again at half the watchdog's limit, not before and not at its end", () => {
  const facts = { status: "Running", watchdogMs: 300_000 };
  const { said } = dueNotes(NOTHING_SAID, { ...facts, now: 1_000, progress: 1 });
  const at = (now: number) => dueNotes(said, { ...facts, now, progress: 2 }).lines;
  assertEquals(at(1_000 + 149_999), []);
  assertEquals(at(1_000 + 150_000), ["WATCHDOG=1"]);
});

/** A daemon that is looked at on a clock that stands still, and systemd behind a real socket. */
async function withService(
  watchdogMs: number | undefined,
  test: (service: {
    readonly clock: FakeClock;
    readonly daemon: { progress: number; status: string };
    readonly heard: () => Promise<string>;
    readonly failures: unknown[];
    readonly silence: () => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-notify-" });
  const path = `${folder}/notify`;
  const systemd = Deno.listenDatagram({ transport: "unixpacket", path });
  const clock = new FakeClock();
  const daemon = { progress: 0, status: "Running" };
  const failures: unknown[] = [];
  const stop = new AbortController();
  let notes = 0;
  const telling = tellService({
    clock,
    notify: async (lines) => {
      await notifyService(path, lines);
      notes++;
    },
    watchdogMs,
    look: () => daemon,
    onFailure: (error) => failures.push(error),
    signal: stop.signal,
  });
  let received = 0;
  try {
    await test({
      clock,
      daemon,
      failures,
      heard: async () => {
        const [bytes] = await systemd.receive();
        received++;
        // It sleeps again before the clock is moved on.
        await until(() => clock.sleeping > 0);
        return new TextDecoder().decode(bytes);
      },
      silence: async () => {
        await clock.settle();
        assertEquals([notes, clock.sleeping], [received, 1]);
      },
    });
  } finally {
    stop.abort();
    await telling;
    systemd.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("systemd hears twice within its limit that all is well, while the loop advances", async () => {
  await withService(20_000, async ({ clock, daemon, heard, silence }) => {
    assertEquals(await heard(), "STATUS=Running\nWATCHDOG=1");
    for (let round = 1; round <= 5; round++) {
      daemon.progress = round;
      await clock.advance(5_000);
      await silence();
      await clock.advance(5_000);
      assertEquals(await heard(), "WATCHDOG=1");
    }
  });
});

Deno.test("A loop that hangs is not vouched for, and systemd restarts the process", async () => {
  await withService(20_000, async ({ clock, daemon, heard, silence }) => {
    await heard();
    for (let step = 0; step < 8; step++) {
      await clock.advance(5_000);
      await silence();
    }
    // Had systemd waited, it would hear at once that the loop goes on.
    daemon.progress = 1;
    await clock.advance(5_000);
    assertEquals(await heard(), "WATCHDOG=1");
  });
});

Deno.test("Without a watchdog, only the status is said", async () => {
  await withService(undefined, async ({ clock, daemon, heard, silence }) => {
    assertEquals(await heard(), "STATUS=Running");
    daemon.progress = 1;
    await clock.advance(60_000);
    await silence();
    daemon.status = "Draining";
    await clock.advance(5_000);
    assertEquals(await heard(), "STATUS=Draining");
  });
});

Deno.test("A note that could not be sent is sent again, and ends nothing", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const sent: string[] = [];
  const failures: unknown[] = [];
  const gone = new Error("gone");
  const telling = tellService({
    clock,
    notify: (lines) => {
      sent.push(lines);
      return sent.length === 1 ? Promise.reject(gone) : Promise.resolve();
    },
    watchdogMs: 20_000,
    look: () => ({ progress: 0, status: "Running" }),
    onFailure: (error) => failures.push(error),
    signal: stop.signal,
  });
  await clock.advance(10_000);
  assertEquals([sent, failures], [
    ["STATUS=Running\nWATCHDOG=1", "STATUS=Running\nWATCHDOG=1"],
    [gone],
  ]);
  stop.abort();
  await telling;
  assertEquals(clock.sleeping, 0);
});

Deno.test("systemd hears of the end when it begins, not when the work is done", async () => {
  const sent: string[] = [];
  const told = new AbortController();
  const draining = Promise.withResolvers<void>();
  const clock = new FakeClock();
  const ended = underService(() => draining.promise, {
    clock,
    notify: (lines) => Promise.resolve(void sent.push(lines)),
    watchdogMs: undefined,
    look: () => ({ progress: 0, status: "Running" }),
    onFailure: () => {},
    signal: told.signal,
  });
  await clock.settle();
  assertEquals(sent, ["READY=1", "STATUS=Running"]);
  told.abort();
  await clock.settle();
  assertEquals(sent.slice(2), ["STOPPING=1"]);
  draining.resolve();
  await ended;
  assertEquals(clock.sleeping, 0);
});

Deno.test("The status for systemd says the phase, the last pass, and what is wrong", () => {
  const report = {
    phase: "recovering",
    doubt: null,
    shortage: null,
    lastPass: null,
    lastError: null,
    passes: 0,
    failing: 0,
    queued: 0,
    busy: [],
    unknown: 0,
  } as const;
  assertEquals(statusLine(report), "Recovering; no pass yet");
  const lastPass = {
    at: Date.UTC(2026, 10, 20, 12, 3, 4),
    tookMs: 9,
    guests: { total: 20, running: 11, desired: 7 },
    planned: 3,
    executed: 0,
    failed: 0,
    errors: [],
  };
  const busy = {
    ...report,
    phase: "running",
    lastPass,
    failing: 2,
    queued: 4,
    busy: [101],
  } as const;
  assertEquals(
    statusLine({ ...busy, doubt: "It is older", shortage: "disk" }),
    "Running; last pass at 12:03:04Z: 7 of 20 guests desired, 3 steps planned; " +
      "2 passes failed since; 1 guests at work, 4 waiting; the state is in doubt; " +
      "the disk of the agent's state is full",
  );
  assertEquals(
    statusLine({ ...report, shortage: "ceiling" }),
    "Recovering; no pass yet; the agent's state is as large as it may become (state.ceiling_mib)",
  );
});
