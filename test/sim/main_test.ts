import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AdminClient } from "./admin_client.ts";
import { spawnSimulator } from "./spawn.ts";

const ROOT = new URL("../../", import.meta.url);
const RUN = [
  "run",
  "--quiet",
  "--no-check",
  "--frozen",
  "--allow-net=127.0.0.1",
  "test/sim/main.ts",
];

function simulator(args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...RUN, ...args],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

async function get(
  sim: { endpoint: string; token: string; ca: string },
  path: string,
): Promise<{ status: number; data: unknown }> {
  const client = Deno.createHttpClient({ caCerts: [sim.ca] });
  try {
    const response = await fetch(`${sim.endpoint}/api2/json${path}`, {
      client,
      headers: { authorization: `PVEAPIToken=${sim.token}` },
    });
    const text = await response.text();
    return { status: response.status, data: text === "" ? undefined : JSON.parse(text).data };
  } finally {
    client.close();
  }
}

Deno.test("the simulator says in one line how to reach it, and answers there", async () => {
  await using sim = await spawnSimulator(["--seed", "7"]);
  assertMatch(sim.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
  assertMatch(sim.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assertMatch(sim.token, /^[^@]+@[a-z]+![^=]+=[0-9a-f-]{36}$/);
  assertEquals([sim.seed, sim.scenario, sim.time_scale], [7, "default", 1]);
  const { status, data } = await get(sim, "/version");
  assertEquals(status, 200);
  assertEquals(
    typeof data === "object" && data !== null && "release" in data && data.release,
    "9.2",
  );
});

Deno.test("as many guests as asked for", async () => {
  await using sim = await spawnSimulator(["--guests", "25", "--time-scale", "10"]);
  const { data } = await get(sim, `/nodes/${sim.node}/lxc`);
  assertEquals(Array.isArray(data) && data.length, 25);
  assertEquals([sim.scenario, sim.time_scale], ["large", 10]);
});

Deno.test("its own certificate information names the fingerprint it announces", async () => {
  await using sim = await spawnSimulator();
  const { data } = await get(sim, `/nodes/${sim.node}/certificates/info`);
  assertStringIncludes(JSON.stringify(data), sim.fingerprint);
});

Deno.test("the admin face shows state and request log, without what authorised a request", async () => {
  await using sim = await spawnSimulator();
  await get(sim, "/version");
  await get(sim, "/nodes/pve/lxc?_dc=1");
  const rows = await sim.control.log();
  assertEquals(
    rows.map(({ sequence, method, path, route, status, proxied, handlerRan, delivered }) =>
      [sequence, method, path, route, status, proxied, handlerRan, delivered].join(" ")
    ),
    [
      "1 GET /version /version 200 false true true",
      "2 GET /nodes/pve/lxc /nodes/{node}/lxc 200 true true true",
    ],
  );
  assertEquals((await sim.control.log(1)).map((row) => row.sequence), [2]);
  const secret = sim.token.split("=")[1] ?? "";
  assert(secret.length === 36 && !JSON.stringify(rows).includes(secret));
  const state = JSON.stringify(await sim.control.state());
  assertStringIncludes(state, '"guests":[');
  const { traffic, crashes } = await sim.control.report();
  assertEquals([traffic.requests, traffic.handshakes, crashes], [2, 2, []]);
  await sim.control.clearLog();
  assertEquals(await sim.control.log(), []);
});

Deno.test("faults of the network, of pvedaemon and of the world can be ordered", async () => {
  await using sim = await spawnSimulator(["--time-scale", "100"]);
  await sim.control.addFault({
    id: "once",
    method: "GET",
    path: "^/version$",
    count: 1,
    fault: { kind: "status", status: 596 },
  });
  assertEquals((await get(sim, "/version")).status, 596);
  assertEquals((await get(sim, "/version")).status, 200);
  assertEquals((await sim.control.log())[0]?.fault, "once");
  assertEquals(
    (await sim.control.faults()).map(({ id, matched, struck }) => [id, matched, struck]),
    [
      ["once", 2, 1],
    ],
  );
  await sim.control.clearFaults();
  assertEquals(await sim.control.faults(), []);

  await sim.control.daemon({ up: false });
  assertEquals((await get(sim, "/nodes/pve/lxc")).status, 595);
  await sim.control.daemon({ up: true });
  assertEquals((await get(sim, "/nodes/pve/lxc")).status, 200);
  await sim.control.clusterFileSystem(false);
  assertEquals((await get(sim, "/version")).status, 500);
  await sim.control.clusterFileSystem(true);

  const vmid = await anyGuest(sim);
  assertEquals((await get(sim, `/nodes/pve/lxc/${vmid}/config`)).status, 200);
  await sim.control.inject({ kind: "vanish", vmid });
  assertEquals((await get(sim, `/nodes/pve/lxc/${vmid}/config`)).status, 500);
});

async function anyGuest(sim: Parameters<typeof get>[0]): Promise<number> {
  const { data } = await get(sim, "/nodes/pve/lxc");
  assert(Array.isArray(data));
  return Number(data[0].vmid);
}

Deno.test("the admin face wants its secret and says what is wrong with a command", async () => {
  await using sim = await spawnSimulator();
  const stranger = new AdminClient(sim.admin.url, "guess");
  await assertRejects(() => stranger.state(), Error, "Expected the admin secret");
  const post = async (path: string, body: unknown) => {
    const response = await fetch(sim.admin.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${sim.admin.secret}` },
      body: JSON.stringify(body),
    });
    return `${response.status} ${(await response.json()).error}`;
  };
  assertMatch(await post("/faults", { fault: { kind: "nonsense" } }), /^400 .*fault\.kind/s);
  assertMatch(await post("/daemon", { up: "yes" }), /^400 /);
  assertMatch(await post("/world", { kind: "vanish", vmid: 999 }), /^400 .*999\.conf/s);
  assertMatch(await post("/nowhere", {}), /^404 Nothing at POST \/nowhere/);
});

Deno.test("it ends well on SIGTERM, on SIGINT and with its parent's end of its input", async () => {
  const ends: ((child: Deno.ChildProcess) => Promise<void> | void)[] = [
    (child) => child.kill("SIGTERM"),
    (child) => child.kill("SIGINT"),
    (child) => child.stdin.close(),
  ];
  for (const end of ends) {
    const child = simulator(["--with-parent"]).spawn();
    const errors = new Response(child.stderr).text();
    const output = child.stdout.getReader();
    await output.read();
    await end(child);
    while (!(await output.read()).done);
    assertEquals((await child.status).code, 0, await errors);
    assertEquals(await errors, "");
    await child.stdin.close().catch(() => {});
  }
});

Deno.test("a command line that cannot be followed ends with 2 and says why", async () => {
  const cases: [string[], string][] = [
    [["--guest", "3"], 'Unknown argument "--guest"'],
    [["--guests", "many"], 'Cannot use --guests "many": expected a number from 0 to 100000'],
    [["--guests", "1.5"], 'Cannot use --guests "1.5": expected a whole number'],
    [["--scenario", "mars"], 'Cannot use --scenario "mars": expected '],
    [["--cert", "none"], 'Cannot use --cert "none": expected ca, self-signed'],
    [["--latency", "slow"], 'Cannot use --latency "slow"'],
    [["--port", "99999"], "Cannot use --port"],
    [["extra"], 'Unknown argument "extra"'],
  ];
  await Promise.all(cases.map(async ([args, message]) => {
    const child = simulator(args).spawn();
    await child.stdin.close();
    const { code, stdout, stderr } = await child.output();
    const errors = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [2, 0], `${args} ${errors}`);
    assertStringIncludes(errors, message);
  }));
  const child = simulator(["--help"]).spawn();
  await child.stdin.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "--time-scale X");
});

Deno.test("a start that fails says why", async () => {
  await using sim = await spawnSimulator();
  await assertRejects(
    () => spawnSimulator(["--port", String(sim.port)]),
    Error,
    "Cannot start the simulator: Cannot run the simulator: ",
  );
});
