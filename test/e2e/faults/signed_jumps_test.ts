import { assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { RETENTION } from "../../../src/state/mod.ts";
import { wanted } from "../../reconcile/engine/run_engine.ts";
import type { Simulator } from "../../sim/mod.ts";
import { beforeSending, idOrCode, onJumpingHost } from "./jumping_host.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;

const destroy = (guest: number): Action => ({
  kind: "guest.destroy",
  guest,
  params: { purge: false },
});

function lock({ pve }: Simulator, vmid: number, lock: string | null): void {
  pve.inject({ kind: "lock", vmid, lock });
}

Deno.test("What was signed and waits is given up once the clock has jumped past its end, and stays so", async () => {
  await onJumpingHost(async ({ agent, clock, simulator }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    lock(simulator, 201, "backup");
    const document = await host.signed(destroy(201));
    const id = await host.submit(document);
    await host.waits(201, /is locked/);
    clock.jump(2 * HOUR);
    lock(simulator, 201, null);
    await host.until(() => host.stateOf(id) === "abandoned");
    assertMatch(host.reasonOf(id), /The document was valid until/);
    clock.jump(-2 * HOUR);
    await host.quiet();
    assertEquals(await host.submit(document), "authz.replayed");
    assertEquals([host.stateOf(id), host.sent()], ["abandoned", []]);
    assertEquals(simulator.pve.world.guests.has(201), true);
  });
});

for (const restarts of [false, true]) {
  Deno.test(`Behind the time mark all that is signed waits${restarts ? ", over a restart too" : ""}, nothing else does, and it goes on once the clock is right`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator }) => {
      const first = await agent();
      await first.until(() => first.engine.phase === "running");
      lock(simulator, 201, "backup");
      const id = await first.submit(await first.signed(destroy(201)));
      await first.waits(201, /is locked/);
      first.work.state.timeMark.raise(clock.now());
      clock.jump(-24 * HOUR);
      lock(simulator, 201, null);
      await using host = restarts ? (await first[Symbol.asyncDispose](), await agent()) : first;
      await host.waits(201, /The clock says .* has been/);
      // What is signed by the wrong clock is refused by it; the document is none the worse.
      const another = await host.signed(destroy(203));
      assertEquals(await host.submit(another), "authz.clock_behind");
      host.want(wanted(200, { settings: { cores: 3 } }), wanted(205, { state: "running" }));
      host.engine.passNow();
      await host.until(() => host.sent().length === 2);
      assertEquals(host.stateOf(id), "authorised");
      clock.jump(24 * HOUR);
      await host.until(() => host.stateOf(id) === "succeeded");
      assertEquals(simulator.pve.world.guests.has(201), false);
      // A document of the day before has ended by now.
      assertEquals(await host.submit(another), "authz.expired");
      host.want();
    });
  });
}

Deno.test("A mark that is years ahead blocks all that is signed until an operator acknowledges the time", async () => {
  await onJumpingHost(async ({ agent, clock, simulator }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    host.work.state.timeMark.raise(clock.now() + 10 * YEAR);
    const before = await host.signed(destroy(201));
    assertEquals(await host.submit(before), "authz.clock_behind");
    host.desk.acknowledge();
    assertEquals(await host.submit(before), "authz.wrong_instance");
    const id = await host.submit(await host.signed(destroy(201)));
    await host.until(() => host.stateOf(id) === "succeeded");
    assertEquals(simulator.pve.world.guests.has(201), false);
  });
});

Deno.test("A document that was used is used up, wherever the clock jumps and whatever is removed as old", async () => {
  await onJumpingHost(async ({ agent, clock, simulator }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    const { state } = host.work;
    state.timeMark.raise(clock.now());
    const backups = [...simulator.pve.world.storage("local").files.values()]
      .flatMap((file) => file.kind === "backup" && file.vmid === 200 ? [file.volid] : []);
    const used = await host.signed({ kind: "guest.prune", guest: 200, params: { backups } });
    const id = await host.submit(used);
    await host.until(() => host.stateOf(id) === "succeeded");
    const again = async (ms: number) => {
      clock.jump(ms);
      const removed = state.prune(clock.now());
      const code = await host.submit(used);
      clock.jump(-ms);
      return [code, removed.nonces, removed.operations, removed.audit];
    };
    for (
      const [ms, code] of [
        [0, "authz.replayed"],
        [30 * MINUTE, "authz.replayed"],
        [2 * HOUR, "authz.expired"],
        [10 * YEAR, "authz.expired"],
        [-24 * HOUR, "authz.clock_behind"],
        [0, "authz.replayed"],
      ] as const
    ) assertEquals(await again(ms), [code, 0, 0, 0], `${ms} ms`);
    // Its nonce goes once no clock that is believed can find it valid: the mark says so.
    state.timeMark.raise(clock.now() + HOUR + 2 * RETENTION.nonceBehindMarkMs);
    assertEquals(await again(2 * HOUR), ["authz.expired", 1, 0, 0]);
    assertEquals(await again(0), ["authz.clock_behind", 0, 0, 0]);
  });
});

Deno.test("What was signed by a clock that was ahead is held until its time", async () => {
  await onJumpingHost(async ({ agent, clock, simulator }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    clock.jump(2 * HOUR);
    const early = await host.signed(destroy(201));
    clock.jump(-2 * HOUR);
    assertEquals(await host.submit(early), "authz.not_yet_valid");
    clock.jump(2 * HOUR);
    lock(simulator, 201, "backup");
    const id = await host.submit(early);
    await host.waits(201, /is locked/);
    // Let through already, it waits all the same.
    clock.jump(-2 * HOUR);
    lock(simulator, 201, null);
    await host.waits(201, /The document is valid from/);
    assertEquals([host.stateOf(id), host.sent()], ["authorised", []]);
    clock.jump(2 * HOUR);
    await host.until(() => host.stateOf(id) === "succeeded");
    assertEquals(simulator.pve.world.guests.has(201), false);
  });
});

for (const [where, ms] of [["ahead", 10 * YEAR], ["back", -10 * YEAR]] as const) {
  Deno.test(`What was begun goes on to its end when the clock jumps ${where} meanwhile`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator: { pve, wire } }) => {
      await using host = await agent();
      await host.until(() => host.engine.phase === "running");
      host.work.state.timeMark.raise(clock.now());
      // Its permit is given by then, and not redeemed for the destruction itself.
      const slow = wire.faults.add({ method: "PUT", fault: { kind: "delay", ms: 5_000 } });
      const id = await host.submit(await host.signed(destroy(201)));
      await host.until(() =>
        wire.faults.list().some((rule) => rule.id === slow && rule.struck > 0)
      );
      clock.jump(ms);
      await host.until(() => host.stateOf(id) === "succeeded");
      assertEquals(pve.world.guests.has(201), false);
      clock.jump(-ms);
    });
  });
}

for (const [where, ms] of [["ahead", 10 * YEAR], ["back", -10 * YEAR]] as const) {
  Deno.test(`A permit lives as long as it does when the clock jumps ${where} before it is used`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator: { pve } }) => {
      let jumped = 0;
      await using host = await agent({
        alter: beforeSending(() => {
          clock.jump(ms);
          jumped++;
        }),
      });
      await host.until(() => host.engine.phase === "running");
      const id = await host.submit(await host.signed(destroy(201)));
      await host.until(() => host.work.state.operations.unfinished().length === 0);
      assertEquals([host.stateOf(id), jumped], ["succeeded", 1], host.reasonOf(id));
      assertEquals(pve.world.guests.has(201), false);
      clock.jump(-ms);
    });
  });
}

Deno.test("A wish that came while the clock was ahead is one of now once it comes again", async () => {
  await onJumpingHost(async ({ agent, clock, anna, simulator }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    const { desk, work: { state } } = host;
    const wish = { action: destroy(201), why: "The contract has ended" };
    const waiting = () => state.pending.list(clock.now()).map(({ document }) => document);
    const signedAs = async (text: string) => {
      const document = new TextEncoder().encode(text);
      return await host.submit({ document, signatures: [await anna.sign(document)] });
    };
    clock.jump(10 * YEAR);
    assertEquals(idOrCode(await desk.request(wish)), "pending_signature");
    const [early = ""] = waiting();
    clock.jump(-10 * YEAR);
    assertEquals(waiting(), []);
    assertEquals(await signedAs(early), "authz.not_yet_valid");
    assertEquals(idOrCode(await desk.request(wish)), "pending_signature");
    const [now = "", ...none] = waiting();
    assertEquals(none, []);
    const id = await signedAs(now);
    await host.until(() => host.stateOf(id) === "succeeded");
    assertEquals([simulator.pve.world.guests.has(201), waiting()], [false, []]);
  });
});
