import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { ApiError, type Guest, parseVmid, TransportError } from "../../src/proxmox/mod.ts";
import { GuestRows } from "../../src/proxmox/guest_rows.ts";
import { simulate } from "./support/simulated.ts";

/** A call that Proxmox has not answered yet. */
interface Held {
  /** The guest it is for, or all of them. */
  readonly of: number | "all";
  answer(rows?: readonly Guest[]): void;
  fail(error: unknown): void;
}

function row(vmid: number, status = "running"): Guest {
  return { vmid: parseVmid(vmid), status };
}

/** Rows behind which a test stands in for Proxmox. */
function openRows(): { readonly rows: GuestRows; readonly held: Held[] } {
  const held: Held[] = [];
  const rows = new GuestRows({
    one(vmid, options) {
      const { promise, resolve, reject } = Promise.withResolvers<Guest>();
      options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
      const answer = ([given = row(vmid)]: readonly Guest[] = []) => resolve(given);
      held.push({ of: vmid, answer, fail: reject });
      return promise;
    },
    all() {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Guest[]>();
      held.push({ of: "all", answer: (given = []) => resolve(given), fail: reject });
      return promise;
    },
  });
  return { rows, held };
}

/** Lets what was answered reach who asked. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function asked(held: readonly Held[]): readonly Held["of"][] {
  return held.map(({ of }) => of);
}

Deno.test("two guests are asked for singly, side by side", async () => {
  const { rows, held } = openRows();
  const reading = [rows.read(parseVmid(201)), rows.read(parseVmid(202))];
  assertEquals(asked(held), [201, 202]);
  for (const call of held) call.answer();
  assertEquals(await Promise.all(reading), [row(201), row(202)]);
});

Deno.test("many who wait are told by one list, and it is asked for after the last of them came", async () => {
  const { rows, held } = openRows();
  const reading = [201, 202, 203, 204, 205].map((vmid) => rows.read(parseVmid(vmid)));
  assertEquals(asked(held), [201, 202]);
  held[0]?.answer();
  await settled();
  assertEquals(asked(held), [201, 202, "all"]);
  held[2]?.answer([row(203), row(204, "stopped"), row(205), row(299)]);
  held[1]?.answer();
  assertEquals((await Promise.all(reading)).map(({ vmid, status }) => `${vmid} ${status}`), [
    ...["201 running", "202 running", "203 running", "204 stopped", "205 running"],
  ]);
});

Deno.test("an answer is never older than the question", async () => {
  const { rows, held } = openRows();
  const early = [201, 202, 203, 204, 205].map((vmid) => rows.read(parseVmid(vmid)));
  held[0]?.answer();
  await settled();
  // The list is on its way: who asks now is not told by it, though it has the guest.
  const late = rows.read(parseVmid(203));
  held[2]?.answer([row(203, "stopped"), row(204), row(205)]);
  held[1]?.answer();
  await settled();
  assertEquals(asked(held), [201, 202, "all", 203]);
  held[3]?.answer();
  assertEquals((await Promise.all(early))[2]?.status, "stopped");
  assertEquals((await late).status, "running");
});

Deno.test("who waits no more is left out, and told at once", async () => {
  const { rows, held } = openRows();
  const abort = new AbortController();
  const first = [201, 202].map((vmid) => rows.read(parseVmid(vmid)));
  const given = [203, 204, 205].map((vmid) => rows.read(parseVmid(vmid), { signal: abort.signal }));
  abort.abort();
  for (const reading of given) {
    const error = await assertRejects(() => reading, TransportError);
    assertEquals(error.code, "proxmox.aborted");
  }
  const before = rows.read(parseVmid(206), { signal: abort.signal });
  assertEquals((await assertRejects(() => before, TransportError)).code, "proxmox.aborted");
  for (const call of held) call.answer();
  await Promise.all(first);
  assertEquals(asked(held), [201, 202]);
});

Deno.test("who gives up takes nobody along", async () => {
  const { rows, held } = openRows();
  const abort = new AbortController();
  const first = [201, 202].map((vmid) => rows.read(parseVmid(vmid)));
  const leaving = rows.read(parseVmid(203), { signal: abort.signal });
  const staying = [204, 205].map((vmid) => rows.read(parseVmid(vmid)));
  held[0]?.answer();
  await settled();
  abort.abort();
  await assertRejects(() => leaving, TransportError);
  held[1]?.answer();
  held[2]?.answer([row(203), row(204), row(205)]);
  assertEquals(await Promise.all(staying), [row(204), row(205)]);
  await Promise.all(first);
});

Deno.test("a guest that the list leaves out is asked for alone, and its own error is told", async () => {
  const { rows, held } = openRows();
  const first = [201, 202].map((vmid) => rows.read(parseVmid(vmid)));
  const others = [203, 204].map((vmid) => rows.read(parseVmid(vmid)));
  const gone = rows.read(parseVmid(205));
  held[0]?.answer();
  await settled();
  held[2]?.answer([row(203), row(204)]);
  await settled();
  assertEquals(asked(held), [201, 202, "all", 205]);
  const missing = new FelhomError("proxmox.missing", "Cannot GET it: it is not there");
  held[3]?.fail(missing);
  assertStrictEquals(await assertRejects(() => gone), missing);
  assertEquals(await Promise.all(others), [row(203), row(204)]);
  held[1]?.answer();
  await Promise.all(first);
});

Deno.test("that nobody is there, or lets us in, is told to all who wait, and asked no more for them", async () => {
  const away = [
    new TransportError("proxmox.refused", "Cannot GET it: connection refused", { sent: "no" }),
    new ApiError({ method: "GET", path: "/x", status: 595, text: "refused", fields: {} }),
    new ApiError({ method: "GET", path: "/x", status: 401, text: "no", fields: {} }),
  ];
  for (const error of away) {
    const { rows, held } = openRows();
    const first = [201, 202].map((vmid) => rows.read(parseVmid(vmid)));
    const others = [203, 204, 205].map((vmid) => rows.read(parseVmid(vmid)));
    held[0]?.answer();
    held[1]?.answer();
    await Promise.all(first);
    held[2]?.fail(error);
    for (const reading of others) assertStrictEquals(await assertRejects(() => reading), error);
    assertEquals(asked(held), [201, 202, "all"]);
  }
});

for (
  const [what, error] of [
    ["fails", new ApiError({ method: "GET", path: "/x", status: 500, text: "odd", fields: {} })],
    ["hangs", new ApiError({ method: "GET", path: "/x", status: 596, text: "", fields: {} })],
    ["is late", new TransportError("proxmox.timeout", "Cannot GET it", { sent: "maybe" })],
    ["is no list", new TransportError("proxmox.malformed", "Cannot GET it", { sent: "maybe" })],
  ] as const
) {
  Deno.test(`a list that ${what} costs nobody but the guest that it does so for, two calls at a time`, async () => {
    const { rows, held } = openRows();
    const reading = [201, 202, 203, 204, 205].map((vmid) => rows.read(parseVmid(vmid)));
    held[0]?.answer();
    held[1]?.answer();
    await settled();
    held[2]?.fail(error);
    await settled();
    assertEquals(asked(held), [201, 202, "all", 203, 204]);
    held[3]?.fail(error);
    held[4]?.answer();
    await settled();
    held[5]?.answer();
    const told = await Promise.allSettled(reading);
    assertEquals(told.map(({ status }) => status), [
      ...["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
    ]);
  });
}

Deno.test("a long list is worth it only for so many who wait", async () => {
  const { rows, held } = openRows();
  const vmids = Array.from({ length: 250 }, (_, index) => 200 + index);
  const many = vmids.map((vmid) => rows.read(parseVmid(vmid)));
  held[0]?.answer();
  await settled();
  held[2]?.answer(vmids.map((vmid) => row(vmid)));
  held[1]?.answer();
  await Promise.all(many);
  const asks = [201, 202].map((vmid) => rows.read(parseVmid(vmid)));
  const three = [203, 204].map((vmid) => rows.read(parseVmid(vmid)));
  held[3]?.answer();
  await settled();
  assertEquals(asked(held).slice(3), [201, 202, 203]);
  held[4]?.answer();
  await settled();
  assertEquals(asked(held).slice(3), [201, 202, 203, 204]);
  for (const call of held.slice(5)) call.answer();
  await Promise.all([...asks, ...three]);
});

Deno.test("thirty guests at once cost a few calls, and each is told what its own call says", async () => {
  await using host = await simulate({ scenario: "mixed", guests: 30 });
  const { reads, simulator } = host;
  const vmids = Array.from({ length: 30 }, (_, index) => parseVmid(200 + index));
  const singly = await Promise.all(vmids.map((vmid) => reads.guestStatus(vmid)));
  simulator.wire.log.clear();
  const rows = await Promise.all(vmids.map((vmid) => reads.guestRow(vmid)));
  const told = ({ vmid, name, status, lock, template, maxmem, pid }: Guest) => ({
    ...{ vmid, name, status, lock, template, maxmem, pid },
  });
  assertEquals(rows.map(told), singly.map(told));
  assertEquals(
    simulator.wire.log.rows().length,
    3,
    "one each for the first two, a list for the rest",
  );
  const gone = await assertRejects(() => reads.guestRow(parseVmid(299)), FelhomError);
  assertEquals(gone.code, "proxmox.missing");
});
