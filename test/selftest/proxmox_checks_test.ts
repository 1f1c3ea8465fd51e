import { assertEquals, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { ApiError } from "../../src/proxmox/mod.ts";
import { guestsSchema } from "../../src/proxmox/schema/guest.ts";
import { nodesSchema, nodeStatusSchema } from "../../src/proxmox/schema/node.ts";
import { storagesSchema } from "../../src/proxmox/schema/storage.ts";
import type { CheckResult } from "../../src/selftest/check.ts";
import {
  type Expected,
  proxmoxChecks,
  type SelftestReads,
} from "../../src/selftest/proxmox_checks.ts";
import { runChecks } from "../../src/selftest/run_checks.ts";
import { FakeClock } from "../support/fake_clock.ts";

const EXPECTED: Expected = {
  endpoint: "https://127.0.0.1:8006",
  trust: "fingerprint",
  token: "agent@pve!felhom",
  node: "pve",
  managedVmids: { first: 101, last: 199 },
  storages: ["local"],
  unnamed: [],
};

const GIB = 2 ** 30;

/** A host where all is well, by a clock that stands still. */
function healthy(clock: FakeClock): SelftestReads {
  return {
    version: () => Promise.resolve({ version: "9.2.3", release: "9.2", repoid: "abc" }),
    nodes: () => resolved(nodesSchema, [{ node: "pve", status: "online" }]),
    nodeStatus: () =>
      resolved(nodeStatusSchema, {
        uptime: 400_000,
        memory: { total: 16 * GIB, used: 4 * GIB },
        loadavg: [0.1, 0.25, 0.3],
        cpuinfo: { cpus: 8 },
      }),
    nodeTime: () => Promise.resolve(Math.floor(clock.now() / 1000)),
    guests: () =>
      resolved(guestsSchema, [
        { vmid: 100, status: "running" },
        { vmid: 101, status: "running" },
        { vmid: 102, status: "stopped" },
      ]),
    storages: () => resolved(storagesSchema, [{ storage: "local", active: true, enabled: true }]),
    preflight: () => Promise.resolve({ ok: true, missing: [], excess: [], commands: [] }),
  };
}

/** What the client makes of these data. */
function resolved<T>(schema: { parse(data: unknown): T }, data: unknown): Promise<T> {
  return Promise.resolve(schema.parse(data));
}

async function results(
  change: Partial<SelftestReads> = {},
  expected: Partial<Expected> = {},
  clock = new FakeClock(),
): Promise<Map<string, CheckResult>> {
  const reads = { ...healthy(clock), ...change };
  const checks = proxmoxChecks(reads, { ...EXPECTED, ...expected }, clock);
  const found = await Array.fromAsync(runChecks(checks, clock));
  return new Map(found.map((result) => [result.name, result]));
}

Deno.test("on a healthy host every check says what it found", async () => {
  const found = [...(await results()).values()];
  assertEquals(found.map(({ name, status, detail }) => `${status} ${name}: ${detail}`), [
    "ok endpoint: https://127.0.0.1:8006 answers, and its certificate is the pinned one",
    "ok token: Proxmox accepts agent@pve!felhom",
    "ok version: Proxmox VE 9.2.3",
    "ok node: pve is online",
    "ok node status: up 4 days, memory 25% of 16 GiB used, load 0.25 on 8 CPUs",
    "ok clock: This clock and the node's agree within seconds",
    "ok guests: 3 guests visible, 2 of them managed (101 to 199), 1 of these running",
    "ok storages: Active: local",
    "ok permissions: The token may do what it must, and nothing more",
  ]);
});

const unauthorized = new ApiError({
  method: "GET",
  path: "/version",
  status: 401,
  text: "Authentication failed!",
  fields: {},
});
const refused = new FelhomError("proxmox.refused", "Cannot connect", { hint: "Start it." });

/** One thing that is wrong, and what the check that is about it says. */
const WRONG: readonly (readonly [
  what: string,
  change: Partial<SelftestReads>,
  expected: Partial<Expected>,
  line: string,
])[] = [
  [
    "nobody listens",
    { version: () => Promise.reject(refused) },
    {},
    "failed endpoint: Cannot connect",
  ],
  ["the token is wrong", { version: () => Promise.reject(unauthorized) }, {}, "failed token:"],
  [
    "the certificate is not checked",
    {},
    { trust: "insecure" },
    "warning endpoint: https://127.0.0.1:8006 answers, and its certificate is not checked at all",
  ],
  [
    "Proxmox is older",
    { version: () => Promise.resolve({ version: "8.4.1", release: "8.4", repoid: "x" }) },
    {},
    "warning version: Proxmox VE 8.4.1",
  ],
  [
    "the node is called otherwise",
    {},
    { node: "pve2" },
    "failed node: There is no node pve2; there is pve",
  ],
  [
    "the node is unknown to its cluster",
    { nodes: () => resolved(nodesSchema, [{ node: "pve", status: "unknown" }]) },
    {},
    "failed node: pve is unknown",
  ],
  [
    "a used storage is not there",
    {},
    { storages: ["local", "tank"] },
    "failed storages: tank does not exist or may not be seen",
  ],
  [
    "a used storage is down",
    {
      storages: () =>
        resolved(storagesSchema, [{ storage: "local", active: false, enabled: true }]),
    },
    {},
    "failed storages: local is not active",
  ],
  [
    "a used storage is disabled",
    {
      storages: () =>
        resolved(storagesSchema, [{ storage: "local", active: false, enabled: false }]),
    },
    {},
    "failed storages: local is disabled",
  ],
  [
    "another storage is down",
    {
      storages: () =>
        resolved(storagesSchema, [
          { storage: "local", active: true },
          { storage: "nfs", active: false, enabled: true },
        ]),
    },
    {},
    "warning storages: Not active: nfs",
  ],
  [
    "a right is missing",
    {
      preflight: () =>
        Promise.resolve({
          ok: false,
          missing: [{ path: "/vms", privilege: "VM.Backup", holder: "token" }],
          excess: [{ path: "/", privilege: "Sys.Modify" }],
          commands: ["pveum …"],
        }),
    },
    {},
    "failed permissions: The token lacks rights: missing on /vms: VM.Backup; " +
    "more than needed on /: Sys.Modify",
  ],
  [
    "a right is too much",
    {
      preflight: () =>
        Promise.resolve({
          ok: false,
          missing: [],
          excess: [{ path: "/", privilege: "Datastore.Allocate" }],
          commands: [],
        }),
    },
    {},
    "warning permissions: The token may do more than needed on /: Datastore.Allocate",
  ],
  [
    "no storage can be seen",
    { storages: () => resolved(storagesSchema, []) },
    { storages: [] },
    "failed storages: No storage can be seen",
  ],
];
for (const [what, change, expected, line] of WRONG) {
  Deno.test(`when ${what}, its check says so and what to do`, async () => {
    const found = [...(await results(change, expected)).values()];
    const bad = found.filter(({ status }) => status === "failed" || status === "warning");
    assertEquals(bad.length, 1, JSON.stringify(bad));
    const [result] = bad;
    assertStringIncludes(`${result?.status} ${result?.name}: ${result?.detail}`, line);
    assertEquals(typeof result?.hint, "string");
  });
}

Deno.test("the certificate is trusted though the token is not", async () => {
  const found = await results({ version: () => Promise.reject(unauthorized) });
  assertEquals(found.get("endpoint")?.status, "ok");
  assertEquals(found.get("token")?.code, "proxmox.unauthorized");
  assertEquals(found.get("guests")?.status, "skipped");
});

Deno.test("a token that may be refused is tried once, for that costs three seconds", async () => {
  let calls = 0;
  const version = () => {
    calls++;
    return Promise.reject(unauthorized);
  };
  await results({ version });
  assertEquals(calls, 1);
});

/** Seconds the node's clock is ahead, and what the check makes of it. */
const OFFSETS: readonly (readonly [offset: number, status: string, detail: string])[] = [
  [0, "ok", "agree"],
  [4, "ok", "agree"],
  [-4, "ok", "agree"],
  [60, "warning", "60 s ahead of this one"],
  [-60, "warning", "59 s behind this one"],
  [3600, "failed", "60 min ahead of this one"],
  [-86_400 * 30, "failed", "29 days behind this one"],
];
for (const [offset, status, detail] of OFFSETS) {
  Deno.test(`a node whose clock is ${offset} s ahead is ${status}`, async () => {
    const clock = new FakeClock();
    const nodeTime = () => Promise.resolve(Math.floor(clock.now() / 1000) + offset);
    const result = (await results({ nodeTime }, {}, clock)).get("clock");
    assertEquals(result?.status, status);
    assertStringIncludes(result?.detail ?? "", detail);
  });
}
