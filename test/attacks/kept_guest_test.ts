/** What the agent made and somebody uses: nothing destroys it without a signature, days later either. */
import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import {
  runEngine,
  type RunEngineOptions,
  type RunningEngine,
} from "../reconcile/engine/run_engine.ts";
import { runGuest } from "../sim/pve/world/guest_start.ts";
import { type Simulator, startSimulator } from "../sim/mod.ts";
import { inFolder } from "../state/state_folder.ts";

const VMID = 205;

/** A guest to be made, started whenever the host boots. */
function creation(host: RunningEngine): Action {
  return {
    kind: "guest.create",
    guest: VMID,
    params: {
      image: host.goldenImages[0]?.volume ?? "",
      storage: "local-zfs",
      hostname: "customer-a",
      network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
      ...{ cores: 1, memory: 512, swap: 512, onboot: true, tags: [], description: "" },
    },
  };
}

/** Makes the guest something else than what is asked for: an interface more, with the image's MAC. */
function flawTheImage({ pve: { world } }: Simulator): void {
  const { files } = world.storage("local");
  for (const file of files.values()) {
    if (file.kind !== "backup" || file.vmid !== 900) continue;
    const net1 = "name=eth1,bridge=vmbr0,hwaddr=BC:24:11:00:00:99,type=veth";
    const options = new Map([...file.config.options, ["net1", net1]]);
    files.set(file.volid, { ...file, config: { ...file.config, options } });
  }
}

async function ask(host: RunningEngine, action: Action): Promise<void> {
  const taken = await host.desk.request({ action, why: "A hub wants it" });
  assertEquals(taken.outcome, "authorised", JSON.stringify(taken));
}

async function ready(host: RunningEngine): Promise<void> {
  await host.until(() => host.engine.phase === "running");
}

const tasksEnded = ({ pve: { world } }: Simulator) =>
  world.tasks.all().every(({ ended }) => ended !== undefined);

/** An engine that is asked for a guest and ends while it is made; the task goes on to its end without it. */
async function endWhile(
  vmid: number,
  options: RunEngineOptions & { readonly on: Simulator },
  asks: (host: RunningEngine) => Promise<void>,
): Promise<void> {
  await using host = await runEngine(options);
  await ready(host);
  await asks(host);
  await host.until(() => options.on.pve.world.guests.has(vmid));
  await host.stop();
  await host.until(() => tasksEnded(options.on));
}

function destroys({ sent }: RunningEngine): string[] {
  return sent().filter((call) => call.startsWith("DELETE"));
}

/** The customer has worked in it for days, and powers it off from inside; the agent goes on for a while. */
async function poweredOff(host: RunningEngine, vmid: number): Promise<void> {
  host.simulator.pve.inject({ kind: "crash", vmid });
  for (let passes = 0; passes < 2; passes++) {
    host.engine.wake(vmid);
    await host.quiet();
  }
  assert(host.simulator.pve.world.guests.has(vmid), "the customer's guest is there");
  assertEquals(destroys(host), []);
  assertEquals(host.work.state.transactions.open(), [], "nothing is half made any more");
}

Deno.test("A guest that ran before its creation was seen to end is kept when it is powered off", async () => {
  await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
  const { world } = simulator.pve;
  await inFolder(async (folder) => {
    const options = { folder, on: simulator };
    await endWhile(VMID, options, (first) => ask(first, creation(first)));
    runGuest(world, world.guest(VMID)); // The host booted.
    await using second = await runEngine(options);
    await second.quiet();
    const made = second.work.state.guests.get(VMID);
    assert(made !== undefined && made.ranAt !== null, "it is known to have run");
    assertEquals(second.work.state.transactions.get(made.transaction)?.outcome, "committed");
    await poweredOff(second, VMID);
  });
});

Deno.test("A guest that ran and was off again before the agent looked is kept", async () => {
  await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
  const { world } = simulator.pve;
  flawTheImage(simulator);
  await inFolder(async (folder) => {
    const options = { folder, on: simulator };
    await endWhile(VMID, options, (first) => ask(first, creation(first)));
    // Nobody saw it run: it is stopped now, as it was made.
    world.tasks.fork(
      { type: "vzstart", id: String(VMID), user: "root@pam" },
      () => Promise.resolve(),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    await using second = await runEngine(options);
    await ready(second);
    await second.until(() => second.work.state.transactions.open().length === 0);
    await second.quiet();
    assert(world.guests.has(VMID));
    assertEquals(destroys(second), []);
  });
});

Deno.test("A flawed guest that an earlier process began is kept: it may have been made something else since", async () => {
  await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
  const { world } = simulator.pve;
  flawTheImage(simulator);
  await inFolder(async (folder) => {
    const options = { folder, on: simulator };
    await endWhile(VMID, options, (first) => ask(first, creation(first)));
    await using second = await runEngine(options);
    await ready(second);
    await second.until(() => second.work.state.transactions.open().length === 0);
    await second.quiet();
    assert(world.guests.has(VMID));
    assertEquals(destroys(second), []);
  });
});

Deno.test("A restored guest that ran before its restore was seen to end is kept when it is powered off", async () => {
  const operators = await openOperators();
  await using simulator = await startSimulator({
    ...{ scenario: "mixed", guests: 4, timeScale: 50, taskMs: 20_000 },
  });
  const { world } = simulator.pve;
  try {
    const anna = await operators.person("anna");
    await inFolder(async (folder) => {
      const options = { folder, on: simulator, signers: { operational: anna.line() } };
      const backup = [...world.storages.values()].flatMap(({ files }) => [...files.values()])
        .find((file) => file.kind === "backup" && file.vmid === 201)?.volid ?? "";
      const params = { backup, storage: "local-zfs", new_vmid: 250 };
      const action: Action = { kind: "guest.restore_over", guest: 201, params };
      await endWhile(250, options, async (first) => {
        const taken = await first.desk.submit(await first.sign(action, anna));
        assertEquals(taken.outcome, "authorised", JSON.stringify(taken));
      });
      runGuest(world, world.guest(250));
      await using second = await runEngine(options);
      await second.quiet();
      await poweredOff(second, 250);
      assert(world.guests.has(201));
    });
  } finally {
    await operators.close();
  }
});

Deno.test("A start that waits does not run before what is half made was looked at", async () => {
  await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
  const { world } = simulator.pve;
  flawTheImage(simulator);
  await using host = await runEngine({ on: simulator });
  await ready(host);
  await ask(host, creation(host));
  await host.until(() => world.guests.has(VMID));
  await ask(host, { kind: "guest.start", guest: VMID, params: {} });
  await host.until(() => !world.guests.has(VMID));
  await host.quiet();
  assertEquals(host.sent().filter((call) => call.includes("/status/start")), []);
  const start = host.work.state.operations.list().find((row) =>
    "kind" in row && row.kind === "guest.start"
  );
  assert(start !== undefined && "state" in start && start.state === "abandoned");
});

Deno.test("What somebody asked to start is kept for good, when it could not be made undone before", async () => {
  await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
  const { world } = simulator.pve;
  flawTheImage(simulator);
  await using host = await runEngine({ on: simulator });
  await ready(host);
  await ask(host, creation(host));
  await host.until(() => world.guests.has(VMID));
  await ask(host, { kind: "guest.start", guest: VMID, params: {} });
  // While it is made somebody works on it, whom nobody of the agent's knows.
  world.tasks.fork({ type: "vzdump", id: String(VMID), user: "root@pam" }, () => Promise.resolve());
  await host.until(() => world.isRunning(VMID));
  await host.quiet();
  await poweredOff(host, VMID);
});

Deno.test("A mark does not fit what stands under its VMID after a cleaning up by hand", async () => {
  await using simulator = await startSimulator({ timeScale: 50 });
  const { world } = simulator.pve;
  flawTheImage(simulator);
  await using host = await runEngine({ on: simulator });
  await ready(host);
  simulator.pve.inject({
    ...{ kind: "task", type: "vzdestroy", vmid: VMID },
    fate: { kind: "fail", message: "busy" },
  });
  await ask(host, creation(host));
  await host.until(() => world.tasks.all().some(({ type }) => type === "vzdestroy"));
  // Root destroys it on the host, and restores another with the same volume and even the same MACs.
  const { config } = world.guest(VMID);
  simulator.pve.inject({ kind: "hold-lock-file", vmid: VMID, ms: 1 });
  for (const type of ["vzdestroy", "vzrestore"]) {
    world.tasks.fork({ type, id: String(VMID), user: "root@pam" }, () => Promise.resolve());
  }
  world.guests.delete(VMID);
  world.addGuest(VMID, config);
  const before = destroys(host).length;
  for (let passes = 0; passes < 3; passes++) {
    host.engine.passNow();
    const { passes: made } = host.engine.report();
    await host.until(() => host.engine.report().passes > made);
  }
  assert(world.guests.has(VMID), "it is another's");
  assertEquals(destroys(host).length, before);
});
