import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ErrorCode, FelhomError } from "../../src/errors.ts";
import { asUpid, asVolid, parseVmid, TransportError } from "../../src/proxmox/mod.ts";
import {
  createMutations,
  type Mutations,
  type RestoreOptions,
} from "../../src/proxmox/mutations.ts";
import { assertTokenMay } from "../../src/proxmox/assert_token_may.ts";
import { connectTo } from "./support/client.ts";
import { apiAnswer, type RawAnswer, startServer } from "./support/server.ts";

const UPID = asUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:felhom-agent@pve!agent:");
const DIGEST = "749e6f33a127c8f5bc0511e6f61867f48be40208";
const vmid = parseVmid(101);

const RESTORE: RestoreOptions = {
  archive: asVolid("local:backup/vzdump-lxc-900-2026_11_21-00_19_47.tar.zst"),
  storage: "local-lvm",
  network: { kind: "new-macs" },
  settings: { hostname: "shop", onboot: false, protection: false, tags: ["felhom", "drill"] },
};

const rows: readonly {
  readonly name: string;
  readonly call: (mutations: Mutations) => Promise<unknown>;
  readonly line: string;
  /** Body or query, decoded and sorted. */
  readonly sent: readonly string[];
  readonly data: unknown;
}[] = [
  {
    name: "start",
    call: (each) => each.start(vmid),
    line: "POST /nodes/pve/lxc/101/status/start",
    sent: [],
    data: UPID,
  },
  {
    name: "stop",
    call: (each) => each.stop(vmid, { overruleShutdown: true }),
    line: "POST /nodes/pve/lxc/101/status/stop",
    sent: ["overrule-shutdown=1"],
    data: UPID,
  },
  {
    name: "shutdown",
    call: (each) => each.shutdown(vmid, { timeout: 60, thenKill: false }),
    line: "POST /nodes/pve/lxc/101/status/shutdown",
    sent: ["forceStop=0", "timeout=60"],
    data: UPID,
  },
  {
    name: "reboot",
    call: (each) => each.reboot(vmid, { timeout: 60 }),
    line: "POST /nodes/pve/lxc/101/status/reboot",
    sent: ["timeout=60"],
    data: UPID,
  },
  {
    name: "snapshot",
    call: (each) => each.snapshot(vmid, "before", { description: "a & b;c=d\nű +%" }),
    line: "POST /nodes/pve/lxc/101/snapshot",
    sent: ["description=a & b;c=d\nű +%", "snapname=before"],
    data: UPID,
  },
  {
    name: "rollback",
    call: (each) => each.rollback(vmid, "before"),
    line: "POST /nodes/pve/lxc/101/snapshot/before/rollback",
    sent: [],
    data: UPID,
  },
  {
    name: "delete snapshot",
    call: (each) => each.deleteSnapshot(vmid, "before"),
    line: "DELETE /nodes/pve/lxc/101/snapshot/before",
    sent: [],
    data: UPID,
  },
  {
    name: "backup: never removes others",
    call: (each) => each.vzdump(vmid, { storage: "local", notes: "a\\b\nc", protected: true }),
    line: "POST /nodes/pve/vzdump",
    sent: [
      "compress=zstd",
      "mode=snapshot",
      "notes-template=a\\\\b\\nc",
      "protected=1",
      "remove=0",
      "storage=local",
      "vmid=101",
    ],
    data: UPID,
  },
  {
    name: "restore: onto a free VMID, unprivileged, inheriting neither onboot nor protection",
    call: (each) => each.restore(vmid, RESTORE),
    line: "POST /nodes/pve/lxc",
    sent: [
      "hostname=shop",
      "onboot=0",
      "ostemplate=local:backup/vzdump-lxc-900-2026_11_21-00_19_47.tar.zst",
      "protection=0",
      "restore=1",
      "storage=local-lvm",
      "tags=felhom;drill",
      "unique=1",
      "unprivileged=1",
      "vmid=101",
    ],
    data: UPID,
  },
  {
    name: "restore over a guest, with an interface of its own",
    call: (each) =>
      each.restoreOver(vmid, {
        ...RESTORE,
        settings: { onboot: true, protection: true },
        network: { kind: "given", net0: "name=eth0,bridge=vmbr0,link_down=1" },
        bandwidth: 1024,
      }),
    line: "POST /nodes/pve/lxc",
    sent: [
      "bwlimit=1024",
      "force=1",
      "net0=name=eth0,bridge=vmbr0,link_down=1",
      "onboot=1",
      "ostemplate=local:backup/vzdump-lxc-900-2026_11_21-00_19_47.tar.zst",
      "protection=1",
      "restore=1",
      "storage=local-lvm",
      "unprivileged=1",
      "vmid=101",
    ],
    data: UPID,
  },
  {
    name: "settings, on the digest that was read",
    call: (each) =>
      each.setConfig(vmid, {
        digest: DIGEST,
        set: { memory: 512, cpulimit: 0.5, onboot: true, tags: [] },
        unset: ["cores", "description"],
      }),
    line: "PUT /nodes/pve/lxc/101/config",
    sent: [
      "cpulimit=0.5",
      "delete=cores,description",
      `digest=${DIGEST}`,
      "memory=512",
      "onboot=1",
      "tags=",
    ],
    data: null,
  },
  {
    name: "destroy: no force, no unreferenced disks",
    call: (each) => each.destroy(vmid, { purge: true }),
    line: "DELETE /nodes/pve/lxc/101",
    sent: ["purge=1"],
    data: UPID,
  },
  {
    name: "abort a task",
    call: (each) => each.abortTask(UPID),
    line: `DELETE /nodes/pve/tasks/${encodeURIComponent(UPID)}`,
    sent: [],
    data: null,
  },
];

/** Parameters of a request, wherever they are. */
function parameters(line: string, body: string): string[] {
  const text = /\?(\S*)/.exec(line)?.[1] ?? body;
  return text.split("&").filter(Boolean).map(decodeURIComponent).toSorted();
}

for (const { name, call, line, sent, data } of rows) {
  Deno.test(`what is sent to ${name}`, async () => {
    await using server = await startServer((socket) => void socket.end(apiAnswer({ data })));
    using client = connectTo(server);
    const result = await call(createMutations(client.transport, { node: "pve" }));
    assertEquals(result, data);
    const [request] = server.requests;
    assert(request !== undefined);
    const [method, path = ""] = request.line.split(" ");
    assertEquals(`${method} ${path.split("?")[0]?.replace("/api2/json", "")}`, line);
    assertEquals(parameters(request.line, request.body), [...sent]);
    assertEquals(/^transfer-encoding:/im.test(request.head), false);
    const length = /^content-length: (\d+)$/im.exec(request.head)?.[1];
    assertEquals(length, method === "DELETE" ? undefined : String(request.body.length));
  });
}

async function refusal(call: (mutations: Mutations) => Promise<unknown>): Promise<FelhomError> {
  await using server = await startServer(() => {});
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  const error = await assertRejects(async () => await call(mutations), FelhomError);
  assertEquals(server.connections, 0, "something was sent");
  return error;
}

Deno.test("nothing is sent for a name, digest or change that cannot be", async () => {
  for (const name of ["x", "current", "vzdump", "1a", "a b", "a/../b", "a".repeat(41), ""]) {
    for (
      const call of [
        (each: Mutations) => each.snapshot(vmid, name),
        (each: Mutations) => each.rollback(vmid, name),
        (each: Mutations) => each.deleteSnapshot(vmid, name),
      ]
    ) assertEquals((await refusal(call)).code, "proxmox.bad_parameter");
  }
  for (const digest of ["", "x", DIGEST.toUpperCase()]) {
    const error = await refusal((each) => each.setConfig(vmid, { digest, set: { cores: 1 } }));
    assertEquals(error.code, "proxmox.bad_parameter");
  }
  const nothing = await refusal((each) => each.setConfig(vmid, { digest: DIGEST }));
  assertEquals(nothing.code, "proxmox.bad_parameter");
});

Deno.test("settings from outside that are not in the list are refused, whatever their type", async () => {
  for (
    const name of [
      "mp0",
      "rootfs",
      "unused0",
      "net0",
      "dev0",
      "features",
      "hookscript",
      "lock",
      "delete",
      "__proto__x",
    ]
  ) {
    const set: Record<string, string> = { [name]: "x" };
    const error = await refusal((each) => each.setConfig(vmid, { digest: DIGEST, set }));
    assertEquals(error.code, "proxmox.bad_parameter");
    assertStringIncludes(error.message, JSON.stringify(name));
  }
  const settings = JSON.parse('{"onboot":false,"protection":false,"mp0":"local:101/x,mp=/x"}');
  assertEquals(
    (await refusal(async (each) => await each.restore(vmid, { ...RESTORE, settings }))).code,
    "proxmox.bad_parameter",
  );
  for (const unset of [JSON.parse('["unused0"]'), JSON.parse('["lock"]')]) {
    assertEquals(
      (await refusal((each) => each.setConfig(vmid, { digest: DIGEST, unset }))).code,
      "proxmox.bad_parameter",
    );
  }
  const archive = JSON.parse('"/var/lib/vz/dump/x.tar"');
  assertEquals(
    (await refusal((each) => each.restore(vmid, { ...RESTORE, archive }))).code,
    "proxmox.root_only",
  );
});

const static_: readonly (readonly [string, string, ErrorCode | undefined])[] = [
  ["features", "nesting=1", undefined],
  ["features", "nesting=1,keyctl=0", undefined],
  ["features", "nesting=1,keyctl=1", "proxmox.root_only"],
  ["features", "keyctl", "proxmox.root_only"],
  ["features", "fuse=on", "proxmox.root_only"],
  ["features", "mount=nfs;cifs", "proxmox.root_only"],
  ["dev0", "/dev/net/tun", "proxmox.root_only"],
  ["mp0", "/srv,mp=/srv", "proxmox.root_only"],
  ["mp12", "volume=/dev/sda,mp=/x", "proxmox.root_only"],
  ["mp0", "local:8,mp=/x", "proxmox.bad_parameter"],
  ["mp0", "local:102/vm-102-disk-0.raw,mp=/x", "proxmox.bad_parameter"],
  ["rootfs", "8", "proxmox.root_only"],
  ["rootfs", "local:8", "proxmox.bad_parameter"],
  ["unused3", "x", "proxmox.bad_parameter"],
  ["delete", "cores,unused0", "proxmox.bad_parameter"],
  ["delete", "cores; mp1", "proxmox.bad_parameter"],
  ["revert", "rootfs", "proxmox.bad_parameter"],
  ["delete", "cores,tags", undefined],
  ["ostemplate", "/var/lib/vz/x.tar", "proxmox.root_only"],
  ["ostemplate", "local:backup/x.tar", undefined],
  ["hookscript", "local:snippets/x", "proxmox.root_only"],
  ["lxc.cap.drop", "", "proxmox.root_only"],
  ["skiplock", "1", "proxmox.root_only"],
  ["tmpdir", "/x", "proxmox.root_only"],
  ["dumpdir", "/x", "proxmox.root_only"],
  ["script", "/x", "proxmox.root_only"],
  ["job-id", "x", "proxmox.root_only"],
  ["memory", "512", undefined],
  ["description", "mp0 rootfs /etc", undefined],
];

for (const [name, value, code] of static_) {
  Deno.test(`${name}=${value} is ${code ?? "allowed"} before anything is sent`, async () => {
    const check = async () => await assertTokenMay("PUT /x", { [name]: value });
    if (code === undefined) return await check();
    assertEquals((await assertRejects(check, FelhomError)).code, code);
  });
}

Deno.test("a backup that there is nothing to do for has no task", async () => {
  await using server = await startServer((socket) => void socket.end(apiAnswer({ data: "OK" })));
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  assertEquals(await mutations.vzdump(vmid, { storage: "local" }), null);
});

Deno.test("an answer without the task it should have is unknown, and not null", async () => {
  for (const data of [null, "OK", "UPID:x", 7, {}]) {
    await using server = await startServer((socket) => void socket.end(apiAnswer({ data })));
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const error = await assertRejects(() => mutations.start(vmid), TransportError);
    assertEquals([error.code, error.retry, error.sent], ["proxmox.malformed", "unknown", "maybe"]);
  }
});

function fails(status: string, message?: string): RawAnswer {
  return (socket) => {
    socket.end(
      message === undefined
        ? `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
        : apiAnswer({ data: null, message }, { status, head: ["Connection: close"] }),
    );
  };
}

const once: readonly (readonly [string, RawAnswer, ErrorCode])[] = [
  ["a reset", (socket) => void socket.destroy(), "proxmox.reset"],
  ["a close without an answer", (socket) => void socket.end(), "proxmox.reset"],
  ["a truncated answer", (socket) => {
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
  }, "proxmox.reset"],
  ["silence", () => {}, "proxmox.timeout"],
  ["596", fails("596 Connection timed out"), "proxmox.gateway"],
  ["599", fails("599 x"), "proxmox.gateway"],
  ["a 500 of no class", fails("500 x", "bridge 'vmbr9' does not exist\n"), "proxmox.failed"],
  ["a lock", fails("500 x", "can't lock file 'x' - got timeout\n"), "proxmox.busy"],
  ["HTML", (socket) => {
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
  }, "proxmox.malformed"],
];

for (const [name, answer, code] of once) {
  Deno.test(`a mutation is sent once, and its outcome unknown, after ${name}`, async () => {
    await using server = await startServer(answer);
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const error = await assertRejects(() => mutations.start(vmid, { limitMs: 800 }), FelhomError);
    assertEquals([error.code, error.retry], [code, "unknown"]);
    assertEquals(server.requests.length, 1);
  });
}

Deno.test("a mutation is sent again when pveproxy says that pvedaemon was not reached", async () => {
  let turn = 0;
  await using server = await startServer((socket, request) => {
    if (turn++ < 2) return fails("595 Connection refused")(socket, request);
    socket.end(apiAnswer({ data: UPID }));
  });
  using client = connectTo(server);
  assertEquals(await createMutations(client.transport, { node: "pve" }).start(vmid), UPID);
  assertEquals(server.requests.length, 3);
});

Deno.test("a mutation is sent again when the connection was closed during the handshake", async () => {
  let turn = 0;
  await using server = await startServer((socket) => void socket.end(apiAnswer({ data: UPID })), {
    onConnection: (socket) => {
      if (turn++ === 0) socket.destroy();
    },
  });
  using client = connectTo(server);
  assertEquals(await createMutations(client.transport, { node: "pve" }).start(vmid), UPID);
  assertEquals(server.requests.length, 1);
});

Deno.test("a mutation has a connection of its own, so a reset never means an idle one", async () => {
  await using server = await startServer((socket) => {
    socket.write(apiAnswer({ data: UPID }, { head: ["Connection: Keep-Alive"] }));
  });
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  for (let round = 0; round < 3; round++) await mutations.start(vmid);
  assertEquals(server.requests.map(({ connection }) => connection), [0, 1, 2]);
});
