import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { simulate } from "./simulated.ts";

type Row = Record<string, unknown>;
const CT = "/nodes/pve/lxc/101";

Deno.test("a guest that vanishes is gone from every read, and its volume is an orphan image", async () => {
  const { pve, call } = simulate();
  pve.inject({ kind: "vanish", vmid: 101 });
  const gone = "Configuration file 'nodes/pve/lxc/101.conf' does not exist";
  assertEquals((await call(`GET ${CT}/config`)).reason, gone);
  const vmids = (await call.data<Row[]>("GET /nodes/pve/lxc")).map((row) => row["vmid"]);
  assertEquals(vmids, [102, 103, 104]);
  const rows = await call.data<Row[]>("GET /nodes/pve/storage/ctbtrfs/content", { vmid: 101 });
  assertEquals(rows.map((row) => row["content"]), ["images"]);
});

Deno.test("a change behind one's back makes an old digest worthless", async () => {
  const { pve, call } = simulate();
  const { digest } = await call.data<Row>(`GET ${CT}/config`);
  pve.inject({ kind: "change-config", vmid: 101, set: { memory: "64", tags: "root", net0: null } });
  const after = await call.data<Row>(`GET ${CT}/config`);
  assertEquals([after["memory"], after["tags"], after["net0"]], [64, "root", undefined]);
  assertNotEquals(after["digest"], digest);
  const put = await call(`PUT ${CT}/config`, { cores: 2, digest: String(digest) });
  assertEquals(put.status, 500);
});

Deno.test("a full storage refuses new disks, and an unmounted one shows zeros without an error", async () => {
  const { pve, call, run } = simulate();
  pve.inject({ kind: "fill", storage: "ctbtrfs", leave: 1024 });
  const params = {
    vmid: 150,
    ostemplate: "local:vztmpl/stubborn_1_amd64.tar.zst",
    rootfs: "ctbtrfs:1",
  };
  const { exitstatus } = await run("POST /nodes/pve/lxc", params);
  assert(exitstatus?.endsWith("No space left on device"), exitstatus);
  pve.inject({ kind: "unmount", storage: "ctbtrfs" });
  const status = await call.data<Row>("GET /nodes/pve/storage/ctbtrfs/status");
  assertEquals([status["active"], status["enabled"], status["total"], status["avail"]], [
    0,
    1,
    0,
    0,
  ]);
  const content = await call("GET /nodes/pve/storage/ctbtrfs/content");
  assertEquals(content.status, 500);
});

Deno.test("a guest that dies by itself can be started again", async () => {
  const { pve, call, run } = simulate();
  pve.inject({ kind: "crash", vmid: 101 });
  assertEquals((await call.data<Row>(`GET ${CT}/status/current`))["status"], "stopped");
  assertEquals((await run(`POST ${CT}/status/start`)).exitstatus, "OK");
});

Deno.test("task faults hit as often as they say, and by chance the same way for the same seed", async () => {
  async function outcomes(seed: number): Promise<(string | undefined)[]> {
    const { pve, run } = simulate({ seed });
    const fate = { kind: "fail", message: "no luck" } as const;
    pve.inject({ kind: "task", type: "vzstart", times: 100, chance: 0.5, fate });
    const ends: (string | undefined)[] = [];
    for (let round = 0; round < 12; round++) {
      ends.push((await run("POST /nodes/pve/lxc/102/status/start")).exitstatus);
      pve.inject({ kind: "crash", vmid: 102 });
    }
    return ends;
  }
  const ends = await outcomes(3);
  assertEquals(new Set(ends), new Set(["OK", "no luck"]));
  assertEquals(await outcomes(3), ends);

  const { pve, run } = simulate();
  const fate = { kind: "warn", message: "Odd." } as const;
  pve.inject({ kind: "task", vmid: 102, fate });
  const warned = await run("POST /nodes/pve/lxc/102/status/start");
  assertEquals([warned.exitstatus, warned.log[0]], ["WARNINGS: 1", "WARN: Odd."]);
  assertEquals((await run("POST /nodes/pve/lxc/102/status/stop")).exitstatus, "OK", "once only");
});

Deno.test("what befalls at the work of a task finds it half done, and befalls once", async () => {
  const { pve, run } = simulate();
  pve.inject({ kind: "during-task", vmid: 102, fault: { kind: "restart-daemon" } });
  assertEquals((await run("POST /nodes/pve/lxc/102/status/start")).exitstatus, "unexpected status");
  assertEquals((await run("POST /nodes/pve/lxc/102/status/start")).exitstatus, "OK");
});

Deno.test("a lock file is held until its time is over, or whatever holds it lets go", async () => {
  const { pve, run } = simulate();
  pve.inject({ kind: "hold-lock-file", vmid: 102, ms: 60 * 60_000 });
  const { exitstatus } = await run("POST /nodes/pve/lxc/102/status/start");
  assertEquals(exitstatus, "can't lock file '/run/lock/lxc/pve-config-102.lock' - got timeout");
  pve.inject({ kind: "free-lock-file", vmid: 102 });
  assertEquals((await run("POST /nodes/pve/lxc/102/status/start")).exitstatus, "OK");
});
