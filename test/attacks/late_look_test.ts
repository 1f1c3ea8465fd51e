/** What is seen long after it was made is not known to be what was made: it is kept. */
import { assert } from "@std/assert";
import { systemClock } from "../../src/clock.ts";
import { openOperators } from "../authz/support/operators.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { withOptions } from "../sim/pve/world/config_change.ts";
import { type Simulator, startSimulator } from "../sim/mod.ts";

const open = (scene: { readonly scenario: "mixed"; readonly guests: number } | object = {}) =>
  startSimulator({ ...scene, callClock: systemClock, timeScale: 50, taskMs: 5_000 });

async function openFolder() {
  const path = await Deno.makeTempDir({ prefix: "felhom-late-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Begins something with an engine that ends as soon as its task is under way; then that ends too. */
async function leave(
  simulator: Simulator,
  { begin, ...options }: Parameters<typeof runEngine>[0] & {
    readonly begin: (host: RunningEngine) => Promise<unknown>;
  },
): Promise<void> {
  const { tasks } = simulator.pve.world;
  {
    await using host = await runEngine({ ...options, on: simulator });
    await host.until(() => host.engine.phase === "running");
    const fateOf = tasks.fateOf;
    let begun = false;
    tasks.fateOf = (type, id) => {
      begun ||= type === "vzrestore";
      return fateOf(type, id);
    };
    await begin(host);
    await host.until(() => begun);
    await host.stop();
    tasks.fateOf = fateOf;
  }
  await idle(simulator);
}

async function idle({ pve }: Simulator): Promise<void> {
  while (pve.world.tasks.all().some(({ ended }) => ended === undefined)) await sleep(3);
}

/** Moves a customer's volume into another guest, as `pct move-volume` does: it becomes that one's. */
async function moveIn(simulator: Simulator, vmid: number): Promise<void> {
  const { world } = simulator.pve;
  const storage = world.storage("local-zfs");
  const [from = ""] = (world.guest(201).config.options.get("rootfs") ?? "").split(",");
  const volume = storage.volume(from);
  assert(volume !== undefined);
  const volid = `local-zfs:subvol-${vmid}-disk-7`;
  storage.files.set(volid, { ...volume, volid });
  const user = "root@pam";
  world.tasks.fork({ type: "move_volume", id: `201-mp0>${vmid}-mp0`, user }, async () => {});
  await idle(simulator);
  change(simulator, vmid, { mp0: `${volid},mp=/data,size=4G` });
}

function change({ pve }: Simulator, vmid: number, options: Record<string, string>): void {
  const guest = pve.world.guest(vmid);
  guest.config = withOptions(guest.config, options);
}

/** Starts the agent anew, waits until it has looked at all, and says whether a guest is kept. */
async function isKept(
  simulator: Simulator,
  { vmid, ...options }: Parameters<typeof runEngine>[0] & { readonly vmid: number },
): Promise<void> {
  await using host = await runEngine({ ...options, on: simulator });
  await host.until(() => host.engine.phase === "running");
  const isLooked = () =>
    host.engine.report().passes > 3 && host.work.state.operations.unfinished().length === 0;
  await host.until(isLooked);
  host.engine.wake(vmid);
  const { passes } = host.engine.report();
  await host.until(() => isLooked() && host.engine.report().passes > passes + 1);
  assert(simulator.pve.world.guests.has(vmid), `guest ${vmid} was destroyed`);
  const sent = host.sent().filter((call) => call.startsWith("DELETE"));
  assert(sent.length === 0, JSON.stringify(sent));
}

Deno.test("A customer's volume that was moved into a new guest while the agent was down is kept", async () => {
  await using simulator = await open();
  await using folder = await openFolder();
  await leave(simulator, {
    folder: folder.path,
    begin: ({ desk, goldenImages }) =>
      desk.request({
        action: {
          ...{ kind: "guest.create", guest: 205 },
          params: {
            ...{ image: goldenImages[0]?.volume ?? "", storage: "local-zfs", hostname: "one" },
            network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
            ...{ cores: 1, memory: 512, swap: 512, onboot: false, tags: [], description: "" },
          },
        },
        why: "A test has it",
      }),
  });
  await moveIn(simulator, 205);
  change(simulator, 205, { hostname: "two" });
  await isKept(simulator, { folder: folder.path, vmid: 205 });
});

Deno.test("A restored guest that an operator took into use by hand while the agent was down is kept", async () => {
  await using operators = await disposable();
  const anna = await operators.person("anna");
  const signers = { operational: anna.line() };
  await using simulator = await open({ scenario: "mixed", guests: 4 });
  await using folder = await openFolder();
  const { world } = simulator.pve;
  const backup = [...world.storages.values()].flatMap(({ files }) => [...files.values()])
    .find((file) => file.kind === "backup" && file.vmid === 201)?.volid ?? "";
  await leave(simulator, {
    ...{ folder: folder.path, signers },
    begin: async (host) => {
      const params = { backup, storage: "local-zfs", new_vmid: 250 };
      const document = await host.sign({ kind: "guest.restore_over", guest: 201, params }, anna);
      await host.desk.submit(document);
    },
  });
  // Renamed and set to start with the host: neither leaves a task.
  change(simulator, 250, { hostname: "in-use", onboot: "1" });
  await isKept(simulator, { folder: folder.path, signers, vmid: 250 });
});

async function disposable() {
  const operators = await openOperators();
  return {
    person: (name: string) => operators.person(name),
    [Symbol.asyncDispose]: () => operators.close(),
  };
}

Deno.test("A volume that was moved into a self-test's guest while the agent was down is kept", async () => {
  await using simulator = await open();
  await using folder = await openFolder();
  await leave(simulator, { folder: folder.path, begin: ({ desk }) => desk.selftest(null) });
  await moveIn(simulator, 299);
  await isKept(simulator, { folder: folder.path, vmid: 299 });
});
