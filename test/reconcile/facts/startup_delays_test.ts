import { assertEquals, assertRejects } from "@std/assert";
import { type Action, readAction } from "../../../src/action/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { runEngine } from "../engine/run_engine.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const signal = new AbortController().signal;
const MANAGED = { first: 201, last: 204 };

function startup(vmid: number, text: string | null): Action {
  const params = text === null
    ? { set: {}, unset: ["startup"] }
    : { set: { startup: text }, unset: [] };
  const read = readAction({ kind: "guest.settings", guest: vmid, params });
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

/** What the host's files say by hand. */
function has({ simulator: { pve } }: OpenWork, delays: Readonly<Record<number, string | null>>) {
  for (const [vmid, text] of Object.entries(delays)) {
    pve.inject({ kind: "change-config", vmid: Number(vmid), set: { startup: text } });
  }
}

async function open(): Promise<{ opened: OpenWork; clock: FakeClock }> {
  const clock = new FakeClock();
  const simulator = { scenario: "mixed", guests: 8 } as const;
  return { clock, opened: await openWork({ clock, managed: MANAGED, simulator }) };
}

Deno.test("the delays of all managed guests are counted, and of no other", async () => {
  const { opened } = await open();
  await using _opened = opened;
  has(opened, { 201: "up=10,down=1", 202: "order=2,up=20", 203: "down=3", 205: "up=500" });
  const { startupDelays } = opened;
  assertEquals(await startupDelays.factsFor(startup(201, "up=1"), signal), {
    own: { up: 10, down: 1 },
    others: { up: 20, down: 3 },
  });
  assertEquals((await opened.work.facts(startup(204, "up=1"), signal)).startup, {
    own: { up: 0, down: 0 },
    others: { up: 30, down: 4 },
  });
  const start: Action = { kind: "guest.start", guest: 201, params: {} };
  assertEquals((await opened.work.facts(start, signal)).startup, null);
});

Deno.test("a reading serves for a minute; what is let through counts at once, and after it until it shows", async () => {
  const { opened, clock } = await open();
  await using _opened = opened;
  const { startupDelays, simulator } = opened;
  const others = async () =>
    (await startupDelays.factsFor(startup(204, "up=1"), signal))?.others.up;
  has(opened, { 201: "up=10" });
  assertEquals(await others(), 10);
  simulator.wire.log.clear();
  has(opened, { 201: "up=15" });
  assertEquals([await others(), simulator.wire.log.rows().length], [10, 0]);
  const ended = startupDelays.promise(startup(202, "up=100"));
  assertEquals([await others(), startupDelays.now(204)?.others.up], [110, 110]);
  assertEquals(startupDelays.now(202), {
    own: { up: 100, down: 0 },
    others: { up: 10, down: 0 },
  });
  await clock.advance(60_000);
  assertEquals(await others(), 115, "it is under way, and does not show yet");
  ended();
  await clock.advance(60_000);
  assertEquals(await others(), 15, "it failed: read since, it does not show");
  startupDelays.promise(startup(201, null))();
  assertEquals(await others(), 0, "what takes a delay away counts as well");
});

Deno.test("when a guest cannot be read nobody knows, and who waits may give up", async () => {
  const { opened } = await open();
  await using _opened = opened;
  const { startupDelays, simulator: { wire } } = opened;
  const of = () => startupDelays.factsFor(startup(204, "up=1"), signal);
  for (const path of ["/lxc$", "/lxc/202/config$"]) {
    const id = wire.faults.add({ path, fault: { kind: "status", status: 500 } });
    assertEquals([path, await of()], [path, null]);
    wire.faults.remove(id);
  }
  assertEquals((await of())?.others, { up: 0, down: 0 });
  const gone = AbortSignal.abort(new Error("It is enough"));
  await assertRejects(
    () => openThen((other) => other.startupDelays.factsFor(startup(204, "up=1"), gone)),
    Error,
    "It is enough",
  );
});

async function openThen(act: (opened: OpenWork) => Promise<unknown>): Promise<void> {
  const { opened } = await open();
  await using _opened = opened;
  await act(opened);
}

Deno.test("guests that are all given a long delay at once end at half an hour together", async () => {
  const simulator = { scenario: "mixed", guests: 12, timeScale: 50 } as const;
  await using host = await runEngine({ simulator });
  await host.until(() => host.engine.phase === "running");
  const guests = [...host.simulator.pve.world.guests.keys()].filter((vmid) => vmid >= 200);
  const taken = await Promise.all(
    guests.map((vmid) =>
      host.desk.request({ action: startup(vmid, "up=600,down=600"), why: "the hub asks for it" })
    ),
  );
  await host.until(() =>
    guests.every((vmid) => host.work.state.operations.unfinishedOf(vmid).length === 0)
  );
  const set = guests.filter((vmid) =>
    host.simulator.pve.world.guest(vmid).config.options.get("startup") !== undefined
  );
  assertEquals(set.length, 3, JSON.stringify(taken));
});
