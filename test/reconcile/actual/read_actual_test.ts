import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ActionOf } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { parseVmid, type Reads } from "../../../src/proxmox/mod.ts";
import { readActual, readActualGuest } from "../../../src/reconcile/actual/read_actual.ts";
import { permitFor } from "../../support/permit.ts";
import { withOptions } from "../../sim/pve/world/config_change.ts";
import { until } from "../../sim/wire/until.ts";
import { simulate, type Simulated } from "../../proxmox/support/simulated.ts";

/** Paths that were asked for since the client connected. */
function asked({ simulator }: Simulated): string[] {
  return simulator.wire.log.rows().map(({ method, path }) => `${method} ${path}`);
}

const WANTED = new Set([201, 202, 230, 299]);
const LIST = "GET /nodes/pve/lxc";

Deno.test("a pass is one list and one call for each guest that is wanted and there", async () => {
  await using host = await simulate();
  const { guests, total, running, unread } = await readActual(host.reads, { wanted: WANTED });
  assertEquals([...guests.keys()], [201, 202, 230]);
  assertEquals([total, running, unread], [9, 6, []]);
  assertEquals(asked(host).toSorted(), [
    LIST,
    "GET /nodes/pve/lxc/201/pending",
    "GET /nodes/pve/lxc/202/pending",
    "GET /nodes/pve/lxc/230/pending",
  ]);
});

Deno.test("a guest is read in normal form, as the host has it", async () => {
  await using host = await simulate();
  const { guests } = await readActual(host.reads, { wanted: WANTED });
  const live = {
    cores: 2,
    cpulimit: 0,
    cpuunits: 100,
    memory: 2048,
    swap: 512,
    onboot: true,
    startup: null,
    description: "Acme Ltd., web shop",
    tags: ["customer", "felhom"],
  };
  assertEquals(guests.get(201), {
    vmid: 201,
    name: "acme-web",
    running: true,
    template: false,
    lock: null,
    settings: { live, next: live, otherPending: [] },
  });
});

/** Writes settings, by the digest that the guest has. */
async function write(
  { mutations, reads }: Simulated,
  params: ActionOf<"guest.settings">["params"],
): Promise<void> {
  const { digest } = await reads.guestConfig(parseVmid(201));
  const permit = await permitFor({ kind: "guest.settings", guest: 201, params });
  await mutations.setConfig(permit, { digest });
}

Deno.test("what is written reads back as it was meant, description and tags too", async () => {
  await using host = await simulate();
  const settings = {
    cores: 3,
    cpulimit: 1.5,
    cpuunits: 250,
    memory: 1025,
    swap: 0,
    onboot: false,
    startup: "order=2,down=60",
    description: "one\n\ntwo: 50% #3",
    tags: ["a-b", "web", "z.1"],
  };
  const written = {
    ...settings,
    description: `${settings.description}\n\n`,
    tags: ["web", "z.1", "a-b"],
  };
  await write(host, { set: written, unset: [] });
  const guest = (await readActualGuest(host.reads, 201))?.guest;
  assertEquals(guest?.settings, { live: settings, next: settings, otherPending: [] });
  await write(host, {
    set: {},
    unset: ["cores", "cpulimit", "cpuunits", "swap", "startup", "description", "tags"],
  });
  const after = (await readActualGuest(host.reads, 201))?.guest;
  assertEquals(after?.settings?.live, {
    cores: null,
    cpulimit: 0,
    cpuunits: 100,
    memory: 1025,
    swap: 512,
    onboot: false,
    startup: null,
    description: "",
    tags: [],
  });
});

Deno.test("no more configurations are asked for at once than is said", async () => {
  await using host = await simulate({ guests: 60 });
  const wanted = { has: () => true };
  let now = 0;
  let most = 0;
  const reads = {
    ...host.reads,
    async guestPending(...args: Parameters<Reads["guestPending"]>) {
      most = Math.max(most, ++now);
      try {
        return await host.reads.guestPending(...args);
      } finally {
        now--;
      }
    },
  };
  assertEquals((await readActual(reads, { wanted, atOnce: 3 })).guests.size, 60);
  assertEquals(most, 3);
  await readActual(reads, { wanted });
  assertEquals(most, 8);
});

Deno.test("somebody else's pending option is seen, a lock and a stopped guest too", async () => {
  await using host = await simulate({ scenario: "drift" });
  const { guests } = await readActual(host.reads, { wanted: new Set([202, 210, 230]) });
  assertEquals(guests.get(202)?.settings?.otherPending, ["nameserver"]);
  assertEquals(guests.get(210)?.running, false);
  assertEquals(guests.get(230)?.lock, "backup");
});

Deno.test("a guest whose configuration cannot be read keeps its run state, the others are read", async () => {
  await using host = await simulate();
  host.simulator.wire.faults.add({
    path: "/lxc/202/pending",
    fault: { kind: "status", status: 500, body: { data: null, message: "no such luck\n" } },
  });
  const { guests, unread } = await readActual(host.reads, { wanted: WANTED });
  assertEquals(guests.get(202), {
    vmid: 202,
    name: "acme-db",
    running: true,
    template: false,
    lock: null,
    settings: null,
  });
  assertEquals(unread.map(({ vmid }) => vmid), [202]);
  assert(unread[0]?.why.includes("no such luck"), unread[0]?.why);
  assert(guests.get(201)?.settings !== null);
  const one = (await readActualGuest(host.reads, 202))?.guest;
  assertEquals([one?.name, one?.settings], ["acme-db", null]);
});

Deno.test("guests come in the order of the list, whichever is answered first", async () => {
  await using host = await simulate();
  const { world } = host.simulator.pve;
  for (const vmid of [201, 202]) {
    const guest = world.guest(vmid);
    guest.config = withOptions(guest.config, { cpulimit: "unknown", template: "1" });
  }
  const delay = { kind: "delay", ms: 2000 } as const;
  host.simulator.wire.faults.add({ path: "/lxc/201/pending", fault: delay });
  const { guests, unread } = await readActual(host.reads, { wanted: WANTED });
  assertEquals([...guests.keys()], [201, 202, 230]);
  assertEquals(unread.map(({ vmid, why }) => `${vmid}: ${why}`), [
    '201: Cannot read cpulimit: "unknown"',
    '202: Cannot read cpulimit: "unknown"',
  ]);
  assertEquals([...guests.values()].map(({ template }) => template), [true, true, false]);
});

Deno.test("without the list there is no pass", async () => {
  await using host = await simulate();
  host.simulator.wire.faults.add({
    route: "/nodes/{node}/lxc",
    fault: { kind: "status", status: 403, reason: "Permission check failed" },
  });
  await assertRejects(() => readActual(host.reads, { wanted: WANTED }), FelhomError);
});

Deno.test("a pass that is given up ends with that, not with guests that cannot be read", async () => {
  await using host = await simulate();
  const controller = new AbortController();
  host.simulator.wire.faults.add({
    path: "/pending",
    fault: { kind: "silence" },
  });
  const pass = readActual(host.reads, { wanted: WANTED, signal: controller.signal });
  const ended = assertRejects(() => pass, FelhomError, "the caller gave up");
  await until(() => asked(host).length > 1);
  controller.abort(new Error("enough"));
  await ended;
});

Deno.test("a guest that is not on this node is not there; one that cannot be asked for is an error", async () => {
  await using host = await simulate();
  assertEquals(await readActualGuest(host.reads, 299), undefined);
  host.simulator.wire.faults.add({
    path: "/lxc/201/status/current",
    fault: { kind: "status", status: 403, reason: "Permission check failed (/vms/201, VM.Audit)" },
  });
  await assertRejects(() => readActualGuest(host.reads, 201), FelhomError);
});
