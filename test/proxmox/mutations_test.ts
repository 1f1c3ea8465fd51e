import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type Action, ACTION_KINDS, type ActionKind, entryOf } from "../../src/action/mod.ts";
import { type ErrorCode, FelhomError } from "../../src/errors.ts";
import type { Permit } from "../../src/gate/mod.ts";
import { asUpid, TransportError } from "../../src/proxmox/mod.ts";
import type { Mutations } from "../../src/proxmox/mod.ts";
import { createMutations } from "../../src/proxmox/mutations.ts";
import { assertTokenMay } from "../../src/proxmox/assert_token_may.ts";
import { ACTION } from "../gate/scene.ts";
import { permitFor } from "../support/permit.ts";
import { connectTo } from "./support/client.ts";
import { apiAnswer, type RawAnswer, type RawRequest, startServer } from "./support/server.ts";
import { taskOf } from "./support/task_of.ts";

const UPID = asUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:felhom-agent@pve!agent:");
const IMGDEL = asUpid(
  "UPID:pve:000018E7:000305BB:6B00E21F:imgdel:101@local:felhom-agent@pve!agent:",
);
const DIGEST = "749e6f33a127c8f5bc0511e6f61867f48be40208";
const GOLDEN = "local:backup/vzdump-lxc-900-2026_11_21-00_19_47.tar.zst";
const BACKUP = "local:backup/vzdump-lxc-101-2026_11_19-01_00_00.tar.zst";
const LATER = "local:backup/vzdump-lxc-101-2026_11_20-01_00_00.tar.zst";

type Call = (mutations: Mutations, permit: Permit) => Promise<unknown>;

const guard = { digest: DIGEST, onboot: true };

/** How each kind is called that Proxmox does. */
const CALLS = {
  "guest.start": (each, permit) => each.start(permit),
  "guest.shutdown": (each, permit) => each.shutdown(permit),
  "guest.stop": (each, permit) => each.stop(permit),
  "guest.restart": (each, permit) => each.restart(permit),
  "guest.settings": (each, permit) => each.setConfig(permit, { digest: DIGEST }),
  "guest.create": (each, permit) => each.create(permit),
  "guest.snapshot": (each, permit) => each.snapshot(permit),
  "guest.delete_snapshot": (each, permit) => each.deleteSnapshot(permit),
  "guest.rollback": (each, permit) => each.rollback(permit),
  "guest.backup": (each, permit) => each.backup(permit),
  "guest.prune": async (each, permit) => await each.prune(permit).delete(BACKUP),
  "guest.restore_over": (each, permit) => each.restoreBeside(permit),
  "guest.destroy": (each, permit) => each.destroy(permit, { guard }),
} as const satisfies Partial<Record<ActionKind, Call>>;

type ProxmoxKind = keyof typeof CALLS;

function isProxmoxKind(kind: ActionKind): kind is ProxmoxKind {
  return Object.hasOwn(CALLS, kind);
}

interface Row {
  readonly name: string;
  readonly action: Extract<Action, { readonly kind: ProxmoxKind }>;
  /** Method, path and parameters, decoded and sorted. */
  readonly sent: readonly (readonly [string, ...string[]])[];
}

const rows: readonly Row[] = [
  {
    name: "start",
    action: ACTION.start,
    sent: [["POST /nodes/pve/lxc/101/status/start"]],
  },
  {
    name: "stop",
    action: ACTION.stop,
    sent: [["POST /nodes/pve/lxc/101/status/stop"]],
  },
  {
    name: "shut down",
    action: ACTION.shutdown,
    sent: [["POST /nodes/pve/lxc/101/status/shutdown", "forceStop=0", "timeout=60"]],
  },
  {
    name: "shut down, and kill what does not go down",
    action: { ...ACTION.shutdown, params: { timeout: 5, then_kill: true } },
    sent: [["POST /nodes/pve/lxc/101/status/shutdown", "forceStop=1", "timeout=5"]],
  },
  {
    name: "restart",
    action: ACTION.restart,
    sent: [["POST /nodes/pve/lxc/101/status/reboot", "timeout=60"]],
  },
  {
    name: "take a snapshot",
    action: {
      ...ACTION.snapshot,
      params: { snapshot: "before", description: "a & b;c=d\nű +%" },
    },
    sent: [[
      "POST /nodes/pve/lxc/101/snapshot",
      "description=a & b;c=d\nű +%",
      "snapname=before",
    ]],
  },
  {
    name: "take a snapshot that is not described",
    action: ACTION.snapshot,
    sent: [["POST /nodes/pve/lxc/101/snapshot", "snapname=before"]],
  },
  {
    name: "roll back",
    action: ACTION.rollback,
    sent: [["POST /nodes/pve/lxc/101/snapshot/before/rollback"]],
  },
  {
    name: "delete a snapshot",
    action: ACTION.deleteSnapshot,
    sent: [["DELETE /nodes/pve/lxc/101/snapshot/before"]],
  },
  {
    name: "back up: never removes others",
    action: {
      ...ACTION.backup,
      params: { ...ACTION.backup.params, notes: "a\\b", protected: true },
    },
    sent: [[
      "POST /nodes/pve/vzdump",
      "compress=zstd",
      "mode=snapshot",
      "notes-template=a\\\\b",
      "protected=1",
      "remove=0",
      "storage=local",
      "vmid=101",
    ]],
  },
  {
    name: "prune: the backup by its volume id, and no rule",
    action: ACTION.prune,
    sent: [[`DELETE /nodes/pve/storage/local/content/${BACKUP}`]],
  },
  {
    name: "create: onto a free VMID, everything said, nothing inherited",
    action: {
      ...ACTION.create,
      params: {
        ...ACTION.create.params,
        image: GOLDEN,
        onboot: false,
        tags: ["felhom", "shop"],
        description: "a\nb",
      },
    },
    sent: [[
      "POST /nodes/pve/lxc",
      "cores=1",
      "description=a\nb",
      "hostname=customer-a",
      "memory=512",
      "net0=name=eth0,bridge=vmbr0,ip=dhcp",
      "onboot=0",
      `ostemplate=${GOLDEN}`,
      "protection=0",
      "restore=1",
      "storage=local-lvm",
      "swap=512",
      "tags=felhom;shop",
      "unprivileged=1",
      "vmid=101",
    ]],
  },
  {
    name: "create without tags and description: none are inherited",
    action: ACTION.create,
    sent: [[
      "POST /nodes/pve/lxc",
      "cores=1",
      "description=\n",
      "hostname=customer-a",
      "memory=512",
      "net0=name=eth0,bridge=vmbr0,ip=dhcp",
      "onboot=1",
      `ostemplate=${ACTION.create.params.image}`,
      "protection=0",
      "restore=1",
      "storage=local-lvm",
      "swap=512",
      "tags=;",
      "unprivileged=1",
      "vmid=101",
    ]],
  },
  {
    name: "restore beside a guest: to the fresh VMID, interfaces as they were",
    action: ACTION.restoreOver,
    sent: [[
      "POST /nodes/pve/lxc",
      "onboot=0",
      `ostemplate=${BACKUP}`,
      "protection=0",
      "restore=1",
      "storage=local-lvm",
      "unprivileged=1",
      "vmid=150",
    ]],
  },
  {
    name: "change settings, on the digest that was read",
    action: {
      ...ACTION.settings,
      params: {
        set: { memory: 512, cpulimit: 0.5, onboot: true, tags: [] },
        unset: ["cores", "description"],
      },
    },
    sent: [[
      "PUT /nodes/pve/lxc/101/config",
      "cpulimit=0.5",
      "delete=cores,description,tags",
      `digest=${DIGEST}`,
      "memory=512",
      "onboot=1",
    ]],
  },
  {
    name: "destroy: guarded by the digest, no force, no unreferenced disks",
    action: ACTION.destroy,
    sent: [
      ["PUT /nodes/pve/lxc/101/config", `digest=${DIGEST}`, "onboot=1"],
      ["DELETE /nodes/pve/lxc/101", "purge=1"],
    ],
  },
];

/** What was sent: method and path, then the parameters, wherever they were. */
function said({ line, body }: RawRequest): [string, ...string[]] {
  const [method, url = ""] = line.split(" ");
  const [path = "", query] = url.split("?");
  const parameters = (query ?? body).split("&").filter(Boolean).map(decodeURIComponent).toSorted();
  return [`${method} ${decodeURIComponent(path).replace("/api2/json", "")}`, ...parameters];
}

/** A server that answers each call well. */
const agreeable: RawAnswer = (socket, request) => {
  socket.end(apiAnswer({ data: request.line.startsWith("PUT ") ? null : taskOf(request) }));
};

for (const { name, action, sent } of rows) {
  Deno.test(`what is sent to ${name}`, async () => {
    await using server = await startServer(agreeable);
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const result = await CALLS[action.kind](mutations, await permitFor(action));
    const last = server.requests.at(-1);
    assert(last !== undefined);
    assertEquals(result, action.kind === "guest.settings" ? null : taskOf(last));
    assertEquals(server.requests.map(said), sent.map((each) => [...each]));
    for (const { line, head, body } of server.requests) {
      assertEquals(/^transfer-encoding:/im.test(head), false);
      const length = /^content-length: (\d+)$/im.exec(head)?.[1];
      assertEquals(length, line.startsWith("DELETE ") ? undefined : String(body.length));
    }
  });
}

Deno.test("every kind of Proxmox's is sent here, by what the table says always, and never else", () => {
  const kinds = ACTION_KINDS.filter((kind) => entryOf(kind).route === "api");
  assertEquals(kinds.toSorted(), Object.keys(CALLS).toSorted());
  for (const kind of kinds) {
    const { always, never } = entryOf(kind);
    const about = rows.filter(({ action }) => action.kind === kind);
    assert(about.length > 0, `no row for ${kind}`);
    for (const { sent } of about) {
      const parameters = sent.flatMap(([, ...each]) => each);
      for (const [name, value] of Object.entries(always)) {
        const text = typeof value === "boolean" ? String(Number(value)) : value;
        assert(parameters.includes(`${name}=${text}`), `${kind}: ${name}=${text}`);
      }
      for (const name of never) {
        // By its own name, with a number, within a property string, or to be deleted.
        const used = new RegExp(`(?:^|,)${name}\\d*=|^delete=(?:.*,)?${name}\\d*(?:,|$)`);
        const found = parameters.find((parameter) => used.test(parameter));
        assertEquals(found, undefined, `${kind}: ${name}`);
      }
    }
  }
});

async function refusal(
  action: Action,
  call: Call,
  permit?: Permit,
): Promise<FelhomError> {
  await using server = await startServer(() => {});
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  const given = permit ?? await permitFor(action);
  const error = await assertRejects(async () => await call(mutations, given), FelhomError);
  assertEquals(server.connections, 0, "something was sent");
  return error;
}

Deno.test("nothing is sent on a permit for another kind", async () => {
  for (const kind of ACTION_KINDS.filter(isProxmoxKind)) {
    const other = kind === "guest.start" ? ACTION.stop : ACTION.start;
    assertEquals((await refusal(other, CALLS[kind])).code, "permit.other", kind);
  }
});

Deno.test("nothing is sent twice on one permit", async () => {
  for (const { action } of rows) {
    const call: Call = CALLS[action.kind];
    await using server = await startServer(agreeable);
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const permit = await permitFor(action);
    await call(mutations, permit);
    const count = server.requests.length;
    const error = await assertRejects(async () => await call(mutations, permit), FelhomError);
    assertEquals([error.code, server.requests.length], ["permit.spent", count], action.kind);
  }
});

Deno.test("nothing is sent on what the gate did not make", async () => {
  const genuine = await permitFor(ACTION.start);
  for (const forgery of [Object.create(genuine), new Proxy(genuine, {}), JSON.parse("{}")]) {
    for (const kind of ACTION_KINDS.filter(isProxmoxKind)) {
      assertEquals((await refusal(ACTION.start, CALLS[kind], forgery)).code, "permit.forged", kind);
    }
  }
});

Deno.test("nothing is changed or destroyed on a digest that switches the check off", async () => {
  for (const digest of ["", "x", DIGEST.toUpperCase()]) {
    const change = await refusal(
      ACTION.settings,
      (each, permit) => each.setConfig(permit, { digest }),
    );
    assertEquals(change.code, "proxmox.bad_parameter");
    const destroy = await refusal(
      ACTION.destroy,
      (each, permit) => each.destroy(permit, { guard: { digest, onboot: false } }),
    );
    assertEquals(destroy.code, "proxmox.bad_parameter");
  }
});

Deno.test("nothing is destroyed when the guard is not accepted, and the error says so", async () => {
  for (
    const [answer, code, retry] of [
      [
        fails(
          "500 x",
          "detected modified configuration - file changed by other user? Try again.\n",
        ),
        "proxmox.modified",
        "safe",
      ],
      [
        fails("403 x", "Permission check failed (/vms/101, VM.Config.Options)\n"),
        "proxmox.forbidden",
        "never",
      ],
      [(socket) => void socket.destroy(), "proxmox.reset", "safe"],
    ] as const satisfies readonly (readonly [RawAnswer, ErrorCode, string])[]
  ) {
    await using server = await startServer(answer);
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const permit = await permitFor(ACTION.destroy);
    const error = await assertRejects(() => mutations.destroy(permit, { guard }), FelhomError);
    assertEquals([error.code, error.retry], [code, retry]);
    assertStringIncludes(error.message, "Cannot destroy guest 101, nothing was destroyed: ");
    assertEquals(server.requests.map(({ line }) => line.split(" ")[0]), ["PUT"]);
  }
});

Deno.test("each backup that a permit names is deleted once, and no other", async () => {
  let answers: (string | null)[] = [IMGDEL, null];
  await using server = await startServer((socket) => {
    socket.end(apiAnswer({ data: answers.shift() }));
  });
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  const action = { ...ACTION.prune, params: { backups: [BACKUP, LATER] } };
  const pruning = mutations.prune(await permitFor(action));
  const stranger = "local:backup/vzdump-lxc-101-2026_11_21-01_00_00.tar.zst";
  assertEquals(await codeOf(pruning.delete(stranger)), "permit.other");
  assertEquals(await pruning.delete(LATER), IMGDEL);
  assertEquals(await codeOf(pruning.delete(LATER)), "permit.spent");
  assertEquals(await pruning.delete(BACKUP), null);
  assertEquals(
    server.requests.map((request) => said(request)[0]),
    [LATER, BACKUP].map((backup) => `DELETE /nodes/pve/storage/local/content/${backup}`),
  );
  answers = [];
  const spent = await permitFor(ACTION.prune);
  mutations.prune(spent);
  assertEquals(assertThrows(() => mutations.prune(spent), FelhomError).code, "permit.spent");
});

Deno.test("a backup is not deleted a second time when the first try is lost", async () => {
  await using server = await startServer((socket) => void socket.destroy());
  using client = connectTo(server);
  const pruning = createMutations(client.transport, { node: "pve" })
    .prune(await permitFor(ACTION.prune));
  assertEquals(await codeOf(pruning.delete(BACKUP)), "proxmox.reset");
  assertEquals(await codeOf(pruning.delete(BACKUP)), "permit.spent");
  assertEquals(server.requests.length, 1);
});

Deno.test("a task is aborted by the permit that it was begun on, and by no other", async () => {
  await using server = await startServer((socket, { line }) => {
    socket.end(apiAnswer({ data: line.includes("/tasks/") ? null : UPID }));
  });
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  const [own, unused] = [await permitFor(ACTION.start), await permitFor(ACTION.start)];
  const stranger = asUpid("UPID:pve:000018E8:000305BB:6B00E21F:vzdump:102:root@pam:");
  assertEquals(await codeOf(mutations.abort(own, UPID)), "permit.other");
  await mutations.start(own);
  assertEquals(await codeOf(mutations.abort(own, stranger)), "permit.other");
  assertEquals(await codeOf(mutations.abort(unused, UPID)), "permit.other");
  assertEquals(server.requests.length, 1);
  assertEquals(await mutations.abort(own, UPID), null);
  assertEquals(server.requests.slice(1).map(said), [[`DELETE /nodes/pve/tasks/${UPID}`]]);
});

/** The code that a call fails with. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => call, FelhomError)).code;
}

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
  assertEquals(await mutations.backup(await permitFor(ACTION.backup)), null);
});

Deno.test("an answer without the task it should have is unknown, and not null", async () => {
  for (const data of [null, "OK", "UPID:x", 7, {}]) {
    await using server = await startServer((socket) => void socket.end(apiAnswer({ data })));
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const permit = await permitFor(ACTION.start);
    const error = await assertRejects(() => mutations.start(permit), TransportError);
    assertEquals([error.code, error.retry, error.sent], ["proxmox.malformed", "unknown", "maybe"]);
  }
});

/** What another call, another token, or who is not Proxmox could have answered. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ["another user", "UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:root@pam:"],
  ["another token", "UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:felhom-agent@pve!other:"],
  ["the token's user", "UPID:pve:000018E7:000305BB:6B00E21F:vzstart:101:felhom-agent@pve:"],
  ["another type", "UPID:pve:000018E7:000305BB:6B00E21F:vzstop:101:felhom-agent@pve!agent:"],
  ["another guest", "UPID:pve:000018E7:000305BB:6B00E21F:vzstart:102:felhom-agent@pve!agent:"],
  ["no guest", "UPID:pve:000018E7:000305BB:6B00E21F:vzstart::felhom-agent@pve!agent:"],
  ["another node", "UPID:pve2:000018E7:000305BB:6B00E21F:vzstart:101:felhom-agent@pve!agent:"],
];

for (const [whose, data] of STRANGERS) {
  Deno.test(`an answer that names a task of ${whose} is a lost one, and gives no task to abort`, async () => {
    await using server = await startServer((socket) => void socket.end(apiAnswer({ data })));
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const permit = await permitFor(ACTION.start);
    const error = await assertRejects(() => mutations.start(permit), TransportError);
    assertEquals([error.code, error.retry, error.sent], ["proxmox.malformed", "unknown", "maybe"]);
    assertEquals(await codeOf(mutations.abort(permit, asUpid(data))), "permit.other");
    assertEquals(server.requests.length, 1);
  });
}

Deno.test("a task of each kind's own type is taken, and of none other", async () => {
  for (const { action } of rows) {
    const call: Call = CALLS[action.kind];
    await using server = await startServer((socket, request) => {
      const data = request.line.startsWith("PUT ")
        ? null
        : taskOf(request).replace(/:(vz|img)[a-z]+:/, ":vzmigrate:");
      socket.end(apiAnswer({ data }));
    });
    using client = connectTo(server);
    const mutations = createMutations(client.transport, { node: "pve" });
    const permit = await permitFor(action);
    if (action.kind === "guest.settings") continue;
    const error = await assertRejects(async () => await call(mutations, permit), FelhomError);
    assertEquals([error.code, action.kind], ["proxmox.malformed", action.kind]);
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
    const permit = await permitFor(ACTION.start);
    const error = await assertRejects(() => mutations.start(permit, { limitMs: 800 }), FelhomError);
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
  const mutations = createMutations(client.transport, { node: "pve" });
  assertEquals(await mutations.start(await permitFor(ACTION.start)), UPID);
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
  const mutations = createMutations(client.transport, { node: "pve" });
  assertEquals(await mutations.start(await permitFor(ACTION.start)), UPID);
  assertEquals(server.requests.length, 1);
});

Deno.test("a mutation has a connection of its own, so a reset never means an idle one", async () => {
  await using server = await startServer((socket) => {
    socket.write(apiAnswer({ data: UPID }, { head: ["Connection: Keep-Alive"] }));
  });
  using client = connectTo(server);
  const mutations = createMutations(client.transport, { node: "pve" });
  for (let round = 0; round < 3; round++) await mutations.start(await permitFor(ACTION.start));
  assertEquals(server.requests.map(({ connection }) => connection), [0, 1, 2]);
});
