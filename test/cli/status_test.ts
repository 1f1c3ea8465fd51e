import { assertEquals, assertStringIncludes } from "@std/assert";
import { age, rows } from "../../src/cli/status.ts";
import type { StatusDocument } from "../../src/daemon/status.ts";

const STATUS: StatusDocument = {
  agent: "0.1.0",
  pid: 7,
  instance: "i",
  startedAt: 0,
  sealedAt: 20,
  proxmox: { endpoint: "https://127.0.0.1:8006", node: "pve", token: "felhom@pve!agent" },
  seals: [{
    isolate: "daemon",
    held: { net: ["127.0.0.1:8006"], read: [] },
    removed: ["caches"],
    probes: [
      { name: "a", right: "net", via: "Deno", verdict: "denied", detail: "" },
      { name: "b", right: "net", via: "node", verdict: "allowed", detail: "" },
    ],
    tookMs: 1,
  }],
  signers: [
    { role: "operational", sequence: 3, floor: 2, rotated: true },
    { role: "recovery", sequence: 1, floor: 0, rotated: false },
  ],
  engine: {
    phase: "running",
    doubt: null,
    shortage: "disk",
    lastPass: null,
    lastError: { at: 1000, code: "proxmox.refused", message: "Nobody there", hint: "Look" },
    passes: 3,
    failing: 2,
    queued: 1,
    busy: [101],
    capacity: null,
    unknown: 0,
  },
};

Deno.test("The status says what is held, what was tried, and what is wrong", () => {
  const text = rows(STATUS, 61_000).map((row) => row.join(": ")).join("\n");
  for (
    const line of [
      "daemon: 1 of 2 probes denied, 1 globals deleted",
      "  may net: 127.0.0.1:8006",
      "passes: 3, 2 failed since the last good one",
      "last pass: none yet",
      "signers, operational: set 3, floor 2; warning: an older state may bring removed keys back. " +
      "Write 3 into operations.signers_floor.operational",
      "signers, recovery: set 1, floor 0\n",
      "queue: 1 waiting, at work on 101",
      "room: the disk of the agent's state is full: nothing new begins",
      "(60 s ago): Nobody there (proxmox.refused)",
      "  what to do: Look",
    ]
  ) {
    assertStringIncludes(text, line);
  }
  assertEquals(text.includes("may read"), false);
});

Deno.test("The status says what storages have given away, what may be, and what is not the guests'", () => {
  const GIB = 1024 ** 3;
  const storage = {
    ...{ storage: "thin", type: "lvmthin", total: 100 * GIB, ratio: 1.5, limit: 121 * GIB },
    ...{ provisioned: 74 * GIB, volumes: 8 * GIB, snapshots: 8 * GIB },
    ...{ promised: 0, pool: [], rest: 58 * GIB },
  };
  const shown = (storages: readonly (typeof storage | Record<string, never>)[] | null) => {
    const capacity = storages === null ? null : {
      at: 1000,
      storages: storages.map((changes) => ({ ...storage, ...changes })),
    };
    const status = { ...STATUS, engine: { ...STATUS.engine, capacity } };
    return rows(status, 61_000).filter(([title]) => /storages|^ {2}thin/.test(title ?? ""));
  };
  assertEquals(shown(null), [["storages", "not looked at yet: they are now, ask again"]]);
  assertEquals(shown([storage])[1], [
    "  thin (lvmthin)",
    "74.0 GiB of 121.0 GiB provisioned (ratio 1.5), 8.0 GiB of them snapshots, 58.0 GiB not of " +
    "guests that can be read",
  ]);
  const over = { ...storage, provisioned: 122 * GIB, promised: 4 * GIB };
  assertStringIncludes(shown([over])[1]?.[1] ?? "", "4.0 GiB promised");
  assertStringIncludes(shown([over])[1]?.[1] ?? "", "over it: nothing new is added");
});

Deno.test("An age is shown in the unit that fits, and never below nothing", () => {
  const [s, min, h] = [1000, 60_000, 3_600_000];
  assertEquals(
    [-5 * s, 0, 119 * s, 2 * min, 119 * min, 2 * h, 47 * h, 48 * h].map(age),
    ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"],
  );
});

Deno.test("The status says what keeps new work from beginning, and what to do", () => {
  const roomOf = (shortage: "disk" | "ceiling" | "log") => {
    const shown = rows({ ...STATUS, engine: { ...STATUS.engine, shortage } }, 61_000);
    const at = shown.findIndex(([name]) => name === "room");
    return shown.slice(at, at + 2).map((row) => row.join(": ")).join("; ");
  };
  const ceiling = roomOf("ceiling");
  for (
    const part of [
      "as large as it may become (state.ceiling_mib): nothing begins but what is signed",
      "what to do: Export the head of the audit log (felhom-agent audit head)",
      "pruned",
    ]
  ) assertStringIncludes(ceiling, part);
  assertEquals(ceiling.includes("disk is full"), false);
  assertStringIncludes(roomOf("disk"), "full: nothing new begins; ");
  assertStringIncludes(roomOf("log"), "fuser");
});
