import { assertEquals, assertRejects } from "@std/assert";
import { createLogger } from "../../../src/log/create_logger.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type Guest, parseVmid, TransportError } from "../../../src/proxmox/mod.ts";
import { RunningMacs, type RunningMacsOptions } from "../../../src/reconcile/facts/running_macs.ts";

const signal = new AbortController().signal;
const MAC = "BC:24:11:00:00:01";
const never = () => new TransportError("proxmox.timeout", "No answer came", { sent: "maybe" });

interface Host {
  /** Of the guests that run: pid and configuration, null when that cannot be read. */
  readonly guests: Map<number, { pid: number; net0: string | null; pending?: string }>;
  /** What was asked, in order. */
  readonly asked: string[];
  /** Waited for before a list is answered; may fail. */
  list: () => Promise<void>;
  atOnce: number;
  now: number;
}

function host(): Host & RunningMacsOptions {
  let under = 0;
  const it: Host & RunningMacsOptions = {
    guests: new Map(),
    asked: [],
    list: () => Promise.resolve(),
    atOnce: 0,
    now: 0,
    log: silentLogger,
    asOf: () => 7,
    clock: { monotonic: () => it.now },
    reads: {
      async guests() {
        it.asked.push("list");
        await it.list();
        const row = (vmid: number, pid: number): Guest => ({
          ...{ vmid: parseVmid(vmid), status: pid === 0 ? "stopped" : "running", pid },
        });
        return [...it.guests].map(([vmid, { pid }]) => row(vmid, pid));
      },
      async guestPending(vmid) {
        it.asked.push(String(vmid));
        it.atOnce = Math.max(it.atOnce, ++under);
        await Promise.resolve();
        under--;
        const { net0, pending } = it.guests.get(vmid) ?? { net0: null };
        if (net0 === null) throw never();
        return [{ key: "net0", value: net0, ...(pending === undefined ? {} : { pending }) }];
      },
    },
  };
  return it;
}

const net = (mac: string) => `name=eth0,bridge=vmbr0,hwaddr=${mac},type=veth`;
const ask = (macs: RunningMacs, mac = MAC) => macs.holders([mac], { besides: 101, signal });

Deno.test("who runs with a MAC is found, in whatever letters and pending too; who is stopped is not", async () => {
  const on = host();
  on.guests.set(101, { pid: 1, net0: net(MAC) });
  on.guests.set(102, { pid: 2, net0: net(MAC.toLowerCase()) });
  on.guests.set(103, { pid: 3, net0: net("BC:24:11:00:00:03"), pending: net(MAC) });
  on.guests.set(104, { pid: 0, net0: net(MAC) });
  const holders = [{ guest: 102, mac: MAC }, { guest: 103, mac: MAC }];
  assertEquals(await ask(new RunningMacs(on)), { holders, asOf: 7 });
  assertEquals(on.asked, ["list", "101", "102", "103"]);
});

Deno.test("who asks meanwhile has one list together, and each guest is read once while it runs", async () => {
  const on = host();
  for (let vmid = 200; vmid < 400; vmid++) on.guests.set(vmid, { pid: vmid, net0: net(MAC) });
  const macs = new RunningMacs(on);
  await Promise.all(Array.from({ length: 200 }, () => ask(macs)));
  assertEquals(on.asked.filter((each) => each === "list").length, 2);
  assertEquals(on.asked.length, 2 + 200);
  assertEquals(on.atOnce, 2);
  await ask(macs);
  assertEquals(on.asked.length, 3 + 200);
});

Deno.test("a guest that was started anew is read anew, as is one after five minutes", async () => {
  const on = host();
  on.guests.set(102, { pid: 2, net0: net("BC:24:11:00:00:02") });
  const macs = new RunningMacs(on);
  assertEquals((await ask(macs))?.holders, []);
  on.guests.set(102, { pid: 3, net0: net(MAC) });
  assertEquals((await ask(macs))?.holders, [{ guest: 102, mac: MAC }]);
  on.guests.set(102, { pid: 3, net0: net("BC:24:11:00:00:02") });
  on.now = 5 * 60_000 - 1;
  assertEquals((await ask(macs))?.holders.length, 1);
  on.now = 5 * 60_000;
  assertEquals((await ask(macs))?.holders.length, 0);
});

Deno.test("a guest that is gone has no MAC any more", async () => {
  const on = host();
  on.guests.set(102, { pid: 2, net0: net(MAC) });
  const macs = new RunningMacs(on);
  assertEquals((await ask(macs))?.holders.length, 1);
  on.guests.delete(102);
  assertEquals((await ask(macs))?.holders, []);
});

Deno.test("a guest that cannot be read is not compared, told once, and asked for again later", async () => {
  const on = host();
  on.guests.set(102, { pid: 2, net0: null });
  on.guests.set(103, { pid: 3, net0: net(MAC) });
  const lines: string[] = [];
  const log = createLogger({
    clock: new FakeClock(),
    sink: { write: (line) => void lines.push(line) },
  });
  const macs = new RunningMacs({ ...on, clock: { monotonic: () => on.now }, log });
  for (const now of [0, 29_999, 30_000]) {
    on.now = now;
    assertEquals((await ask(macs))?.holders, [{ guest: 103, mac: MAC }]);
  }
  assertEquals(on.asked.filter((each) => each === "102").length, 2);
  assertEquals(lines.filter((line) => line.includes("102")).length, 1, lines.join("\n"));
});

Deno.test("where the guests cannot be listed nobody says anything, and who waits does not wait twice", async () => {
  const on = host();
  const list = Promise.withResolvers<void>();
  on.list = () => list.promise;
  const macs = new RunningMacs(on);
  const all = Promise.all([ask(macs), ask(macs), ask(macs)]);
  list.reject(never());
  assertEquals(await all, [null, null, null]);
  assertEquals(on.asked, ["list"]);
  on.list = () => Promise.resolve();
  assertEquals(await ask(macs), { holders: [], asOf: 7 });
});

Deno.test("when all have given up, the list is given up too; who comes then has one of their own", async () => {
  const on = host();
  const list = Promise.withResolvers<void>();
  on.list = () => on.asked.length > 1 ? Promise.resolve() : list.promise;
  let under: AbortSignal | undefined;
  let late: ReturnType<typeof ask> | undefined;
  const macs = new RunningMacs({
    ...on,
    reads: {
      ...on.reads,
      guests(options) {
        under = options?.signal;
        under?.addEventListener("abort", () => {
          late ??= ask(macs);
          list.reject(never());
        });
        return on.reads.guests(options);
      },
    },
  });
  const [first, last] = [new AbortController(), new AbortController()];
  const asked = [first, last, last].map(({ signal }) =>
    macs.holders([MAC], { besides: 101, signal })
  );
  const ends = Promise.allSettled(asked);
  first.abort(new Error("the first leaves"));
  await assertRejects(() => Promise.race(asked), Error, "the first leaves");
  assertEquals(under?.aborted, false);
  last.abort(new Error("all leave"));
  assertEquals((await ends).map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assertEquals(await late, { holders: [], asOf: 7 });
  assertEquals(on.asked, ["list", "list"]);
});

Deno.test("who gives up is let go, and a mistake of ours is told to all and ends with them", async () => {
  const on = host();
  const list = Promise.withResolvers<void>();
  on.list = () => list.promise;
  const macs = new RunningMacs(on);
  const leaving = new AbortController();
  const left = macs.holders([MAC], { besides: 101, signal: leaving.signal });
  const stays = ask(macs);
  leaving.abort(new Error("the agent stops"));
  await assertRejects(() => left, Error, "the agent stops");
  list.reject(new RangeError("a mistake"));
  await assertRejects(() => stays, RangeError);
  on.list = () => Promise.resolve();
  assertEquals((await ask(macs))?.holders, []);
});
