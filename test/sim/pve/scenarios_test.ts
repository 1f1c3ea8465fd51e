import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../../support/fake_clock.ts";
import { createPve } from "./mod.ts";
import { type ScenarioName, SCENARIOS } from "./scenarios.ts";
import { simulate } from "./simulated.ts";

type Row = Record<string, unknown>;

function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}

Deno.test("every scenario answers its default token, and its state is JSON", async () => {
  for (const name of Object.keys(SCENARIOS)) {
    if (!isScenario(name)) continue;
    const { call, pve } = simulate({ scenario: name, guests: 5 });
    const guests = await call.data<Row[]>("GET /nodes/pve/lxc");
    assert(guests.length >= 4, name);
    const state = pve.snapshot();
    assertEquals(JSON.parse(JSON.stringify(state)), state, name);
  }
});

Deno.test("the same seed makes the same world, another seed another one", () => {
  const stateOf = (seed: number) => createPve({ clock: new FakeClock(), seed }).snapshot();
  assertEquals(stateOf(7), stateOf(7));
  assert(JSON.stringify(stateOf(7)) !== JSON.stringify(stateOf(8)));
});

Deno.test("the default token has the least that is needed: nothing on /, no Datastore.Allocate", async () => {
  const { call } = simulate({ scenario: "default" });
  const permissions = await call.data<Record<string, Row>>("GET /access/permissions");
  assertEquals(Object.keys(permissions).toSorted(), [
    "/nodes/pve",
    "/sdn/zones/localnetwork/vmbr0",
    "/storage/local",
    "/storage/local-zfs",
    "/vms",
  ]);
  assertEquals(Object.keys(permissions["/storage/local"] ?? {}).toSorted(), [
    "Datastore.AllocateSpace",
    "Datastore.Audit",
  ]);
});

Deno.test("a whole life of a guest is possible with the default token", async () => {
  const { call, run, finish } = simulate({ scenario: "default" });
  const path = "/nodes/pve/lxc/240";
  const golden = await call.data<Row[]>("GET /nodes/pve/storage/local/content", {
    content: "backup",
    vmid: 900,
  });
  const created = await run("POST /nodes/pve/lxc", {
    vmid: 240,
    ostemplate: String(golden[0]?.["volid"]),
    restore: 1,
    storage: "local-zfs",
    hostname: "new",
    net0: "name=eth0,bridge=vmbr0,ip=dhcp",
    start: 1,
  });
  assertEquals(created.exitstatus, "OK");
  await finish();
  const config = await call.data<Row>(`GET ${path}/config`);
  assertEquals(config["features"], "keyctl=1,nesting=1", "keyctl survives a restore");
  const steps = [
    [`POST ${path}/snapshot`, { snapname: "first" }],
    [`POST /nodes/pve/vzdump`, { vmid: "240", storage: "local", remove: 0 }],
    [`POST ${path}/snapshot/first/rollback`, {}],
    [`DELETE ${path}/snapshot/first`, {}],
    [`DELETE ${path}`, {}],
  ] as const;
  for (const [text, params] of steps) {
    assertEquals((await run(text, params)).exitstatus, "OK", text);
  }
});

Deno.test("a thousand guests are listed in well under a second", async () => {
  const { call } = simulate({ scenario: "large", guests: 1000 });
  const begun = performance.now();
  assertEquals((await call.data<Row[]>("GET /nodes/pve/lxc")).length, 1000);
  assert(performance.now() - begun < 1_000);
});

Deno.test("time can be scaled: what takes a second takes a hundredth", async () => {
  const clock = new FakeClock();
  const pve = createPve({ clock, timeScale: 100, scenario: "captures" });
  pve.world.tasks.fork(
    { type: "vzstart", id: "1", user: "root@pam" },
    (worker) => worker.work(1_000),
  );
  await clock.advance(10);
  assertEquals(pve.world.tasks.all().at(-1)?.log, ["TASK OK"]);
});

Deno.test("every task can be made to take a while at least", async () => {
  const clock = new FakeClock();
  const pve = createPve({ clock, scenario: "captures" });
  pve.world.tasks.leastMs = 2_000;
  pve.world.tasks.fork(
    { type: "vzstart", id: "1", user: "root@pam" },
    (worker) => worker.work(500),
  );
  const log = () => pve.world.tasks.all().at(-1)?.log;
  await clock.advance(1_999);
  assertEquals(log(), []);
  await clock.advance(1);
  assertEquals(log(), ["TASK OK"]);
});

Deno.test("the mixed host has running and stopped guests in turn, each with a way back", () => {
  const { pve } = simulate({ scenario: "mixed", guests: 4 });
  const { guests, storages } = pve.world;
  assertEquals(
    [200, 201, 202, 203].map((vmid) => pve.world.isRunning(vmid)),
    [true, false, true, false],
  );
  const backups = [...storages.get("local")?.files.values() ?? []];
  for (const vmid of [200, 201, 202, 203]) {
    assertEquals([...guests.get(vmid)?.config.snapshots.keys() ?? []], ["before"]);
    assertEquals(backups.filter((file) => "vmid" in file && file.vmid === vmid).length, 1);
  }
  assert(guests.has(199) && !guests.has(204));
});
